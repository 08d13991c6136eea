internal import AzureEndpoints
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// A backend that is open: what changes are sent to, the clock that its endpoints go by, and what commands ask of it
/// besides.
protocol OpenBackend: Sendable {
    var backend: any Backend { get }
    var clock: any RunClock { get }
    /// How often a run looks at an endpoint that changes; nil: as often as at one in the cloud.
    var pollInterval: Interval? { get }
    /// How often it looks at one that rests; nil: alike.
    var watchInterval: Interval? { get }
    /// True where time passes at once, so that a person who watches is given some.
    var isVirtual: Bool { get }
    /// How long changes take, where that is known beforehand.
    var durations: (@Sendable (Change) -> Interval)? { get }

    /// What stands in the way of a plan that only its world can tell, in sentences.
    func obstacles(to plan: Plan) async throws -> [String]
    /// The endpoints that exist, by name.
    func endpoints() async throws -> [Name]
    /// What registers assets; nil where the backend has none.
    var uploader: AssetUploader? { get }
    /// Everything that was asked of `endpoint`, oldest first; also of one that is gone.
    func history(of endpoint: Name) async throws -> [HistoryLine]
    /// Where clients send their requests; nil where nobody calls the endpoint over a network.
    func scoringURI(of endpoint: Name) async throws -> String?
    /// What clients show to be let in.
    func keys(of endpoint: Name) async throws -> ClientKeys
    /// Replaces one of the keys, and returns both.
    func regenerate(_ key: ClientKeys.Which, of endpoint: Name) async throws -> ClientKeys

    /// Told before a run of `plan` does anything; `stages` are the run's records.
    func begin(_ plan: Plan, _ stages: [StageRecord]) async throws
    /// Lives beside the runner of `run` until it is cancelled.
    func accompany(_ run: RunID, tell: @escaping @Sendable (WorldNews) -> Void) async
    /// What a person who looks should know of how the endpoints are shown, in a sentence.
    var caveat: String? { get }
    /// What becomes of the endpoint's clients when this process has ended, in a sentence; nil where nothing changes.
    var afterwards: String? { get throws }
    /// What the run's clients have met so far; nil where nobody counts.
    var clients: ClientsReport? { get }

    /// Takes the endpoint among the runners of all state folders, where others may have the backend too.
    ///
    /// The epoch of the `lease` is raised where the backend has seen a later one.
    /// - Throws: ``CommandFailure`` where another one has it.
    /// - Returns: The epoch that changes are sent with.
    func take(_ lease: inout Lease, as manner: Taking, in journal: SQLiteJournal) async throws -> Int
    /// Says again and again that the runner is alive, until it is cancelled; throws where it was overtaken.
    func keep(_ lease: Lease) async throws
    /// Gives back what was taken; `isFinished` where nothing is left to go on with.
    func giveBack(_ lease: Lease, isFinished: Bool) async throws

    /// Keeps what is to be kept, and closes what was opened.
    func close() async throws
}

/// How an endpoint is taken that the runner of another state folder may have.
enum Taking {
    case start(takeOver: Bool)
    case resume(takeOver: Bool)
    /// By hand; `force`: beside a runner that is alive, by its epoch.
    case hand(force: Bool)
}

/// The two keys of an endpoint with auth mode `key`.
struct ClientKeys: Encodable, Hashable {
    enum Which: String, CaseIterable {
        case primary, secondary
    }

    var primary: String
    var secondary: String
}

extension OpenBackend {
    var pollInterval: Interval? { nil }
    var watchInterval: Interval? { nil }
    var isVirtual: Bool { false }
    var durations: (@Sendable (Change) -> Interval)? { nil }
    var caveat: String? { nil }
    var afterwards: String? { get throws { nil } }
    var clients: ClientsReport? { nil }
    var uploader: AssetUploader? { nil }

    func obstacles(to plan: Plan) async throws -> [String] { [] }
    func begin(_ plan: Plan, _ stages: [StageRecord]) async throws {}
    func accompany(_ run: RunID, tell: @escaping @Sendable (WorldNews) -> Void) async {}

    func take(_ lease: inout Lease, as manner: Taking, in journal: SQLiteJournal) async throws -> Int { lease.epoch }
    func keep(_ lease: Lease) async throws {}
    func giveBack(_ lease: Lease, isFinished: Bool) async throws {}

    /// The time in its world.
    var now: Timestamp { clock.now() }

    /// Closes what can be closed while another error is on its way out.
    func closeAfterFailure() async {
        do { try await close() } catch { Notices.warn("the backend was not closed: \(error)") }
    }

    /// Gives back what was taken while another error is on its way out, or the work is done: others would wait for
    /// nothing else.
    func giveBackIfPossible(_ lease: Lease, isFinished: Bool) async {
        do { try await giveBack(lease, isFinished: isFinished) } catch {
            Notices.warn("\(lease.key) was not given back to others, who may have to wait a while for it: \(error)")
        }
    }

    /// The endpoint as a person is shown it: where nothing serves it, no instance is ready.
    func shown(_ endpoint: Name) async throws -> EndpointSnapshot? {
        var snapshot = try await backend.observe(endpoint)
        guard caveat != nil else { return snapshot }
        for index in snapshot?.deployments.indices ?? 0..<0 { snapshot?.deployments[index].instances.ready = 0 }
        return snapshot
    }

    /// Works with the backend, and closes it whatever comes of that.
    func using<Result>(_ body: (any OpenBackend) async throws -> Result) async throws -> Result {
        let result: Result
        do {
            result = try await body(self)
        } catch {
            await closeAfterFailure()
            throw error
        }
        try await close()
        return result
    }

    /// The deployment that `text` names.
    ///
    /// - Throws: ``CommandFailure`` where the endpoint has none of that name.
    func deployment(_ text: String, of endpoint: Name) async throws -> Name {
        let names = try await backend.observe(endpoint)?.deployments.map(\.name) ?? []
        if let name = names.first(where: { $0 == Name(text) }) { return name }
        let known = names.isEmpty ? "it has none" : "it has \(names.map(\.text).joined(separator: ", "))"
        let hint = nearest(text, among: names.map(\.text)).map { "did you mean '\($0)'?" } ?? known
        throw CommandFailure(.usage, "endpoint \(endpoint) has no deployment '\(text)'; \(hint)")
    }
}
