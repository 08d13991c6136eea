internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// The backend that a command works with, as a user names it.
struct BackendSelection: Hashable, Sendable {
    var kind: EndpointKind
    /// True where the user named the kind, so that a playbook's own word on it does not count.
    private var isKindNamed: Bool

    /// The names that this build knows.
    static let names = ["simulated", "simulated:managed", "simulated:kubernetes"]

    /// What `--backend` says; without it `TURNOUT_BACKEND`, and at last `simulated`.
    init(
        named name: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) {
        let variable = environment["TURNOUT_BACKEND"].flatMap { $0.isEmpty ? nil : $0 }
        switch name ?? variable ?? "simulated" {
        case "simulated": self.init(kind: .managed, isKindNamed: false)
        case "simulated:managed": self.init(kind: .managed, isKindNamed: true)
        case "simulated:kubernetes": self.init(kind: .kubernetes, isKindNamed: true)
        case let unknown:
            throw CommandFailure(.usage, Self.refusal(of: unknown, isVariable: name == nil))
        }
    }

    private init(kind: EndpointKind, isKindNamed: Bool) {
        self.kind = kind
        self.isKindNamed = isKindNamed
    }

    /// The backend of a plan, whose name says the kind too.
    init(of plan: Plan) throws(CommandFailure) {
        try self.init(named: plan.backend)
        isKindNamed = true
    }

    /// The same backend, of the kind that the playbook at `path` asks for (`backends: {simulated: {kind: …}}`).
    ///
    /// A playbook that cannot be read asks for nothing here; making its plan tells what is wrong with it.
    func asking(playbook path: String) -> BackendSelection {
        guard !isKindNamed else { return self }
        do throws(FileProblem) {
            let word = try PlaybookSource(path: path).summary.backendKinds["simulated"]
            guard let word, let kind = EndpointKind(rawValue: word) else { return self }
            return BackendSelection(kind: kind, isKindNamed: false)
        } catch {
            return self
        }
    }

    /// As plans and journals name it: one name for one world of endpoints.
    var name: String { kind == .managed ? "simulated" : "simulated:\(kind.rawValue)" }

    func leaseKey(_ endpoint: Name) -> LeaseKey { LeaseKey(backend: name, endpoint: endpoint) }

    private static func refusal(of name: String, isVariable: Bool) -> String {
        let place = isVariable ? "TURNOUT_BACKEND" : "--backend"
        let later = ["local", "kubernetes", "azure"].contains(name) ? "'\(name)' is not in this build" : nil
        let near = nearest(name, among: names).map { "did you mean '\($0)'?" }
        let known = "this build has \(names.joined(separator: ", ")); local, kubernetes and azure are not in it"
        return "\(place): " + (later ?? "there is no backend '\(name)'")
            + (later == nil ? near.map { "; \($0)" } ?? "" : "") + "\n\(known)"
    }
}

extension BackendSelection {
    /// What the backend can do, before it is opened.
    var capabilities: Capabilities {
        SimulatedBackend(
            store: MemoryStore(), clock: SystemClock(), settings: SimulationSettings(kind: kind)
        ).capabilities
    }
}
