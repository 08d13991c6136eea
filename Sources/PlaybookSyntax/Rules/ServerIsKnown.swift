internal import RolloutEngine
internal import Rollouts

/// What serves a deployment is known, where the backend starts the servers itself.
///
/// The playbook names it under `backends.local`: `simulate` plays a profile, `command` starts a program, `external` is
/// a server that already listens. A deployment that is not named there must have a `code_configuration`, and is served
/// by its scoring script in Python. Nothing is guessed from the rest. What is named there must be a deployment of the
/// playbook.
struct ServerIsKnown {
    static let name = String(describing: Self.self)

    /// The keys of the settings under which deployments are named.
    static let kinds = ["simulate", "command", "external"]

    let backend: String
    private let named: [(key: Node.Key, name: Name)]
    private var deployments: Set<Name> = []

    /// Reads `settings`, what the playbook says of the backend.
    init(backend: String, settings: Node?) {
        self.backend = backend
        named = Self.kinds.flatMap { settings?[$0]?.members ?? [] }.map { ($0.key, Name($0.key.text)) }
    }

    func names(_ deployment: Name) -> Bool { named.contains { $0.name == deployment } }

    /// Where the playbook names the deployment.
    func span(of deployment: Name) -> Span? { named.first { $0.name == deployment }?.key.span }

    /// Notes a deployment of the playbook.
    mutating func note(_ deployment: Name) { deployments.insert(deployment) }

    /// What is named and is no deployment of the playbook.
    func findings(in playbook: SourceFile) -> [Finding] {
        guard !deployments.isEmpty else { return [] }
        return named.filter { !deployments.contains($0.name) }.map { key, _ in
            Finding(
                .error, Self.name, at: Location(source: playbook, span: key.span),
                "the playbook deploys no \(key.text.quoted)",
                help: suggestion(for: key.text, among: deployments.map(\.text).sorted(), noun: "deployments"))
        }
    }
}

extension NamedFiles {
    /// Reports a deployment of which nothing says what serves it.
    mutating func checkServer(of deployment: PlacedName, in document: Document) {
        guard let servers else { return }
        self.servers?.note(deployment.name)
        guard !servers.names(deployment.name) else { return }
        guard document.root["code_configuration"]?["code"] != nil else {
            return report(
                ServerIsKnown.name, deployment.location,
                "nothing says what serves deployment '\(deployment.name)' on \(servers.backend)",
                help: "name it in the playbook under backends.\(servers.backend): "
                    + "\(ServerIsKnown.kinds.joined(separator: ", ")); or give it a code_configuration")
        }
        if document.root["code_configuration"]?["scoring_script"] == nil,
            let key = document.root.member("code_configuration")?.key.span
        {
            report(
                ServerIsKnown.name, Location(source: document.source, span: key),
                "code_configuration has no 'scoring_script'", help: "add 'scoring_script: score.py'")
        }
    }
}
