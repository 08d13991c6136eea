internal import AssetFiles
internal import RolloutEngine
internal import Rollouts

/// What serves a deployment is known, where the backend starts the servers itself.
///
/// The playbook names it under the backend's settings: `simulate` plays a profile, `command` starts a program, `external` is
/// a server that already listens. A deployment that is not named there must bring its server: a `code_configuration`, whose
/// scoring script Python runs, or a model in MLflow's format. A profile counts for one that does only with
/// `replaces_code: true`. A container with routes of its own (`inference_config`) cannot be run on this machine: such a
/// deployment needs a `command` or an `external` server. What is named there must be a deployment of the playbook.
struct ServerIsKnown {
    static let name = String(describing: Self.self)

    /// The keys of the settings under which deployments are named.
    static let kinds = ["simulate", "command", "external"]

    let backend: String
    private let named: [(kind: String, key: Node.Key, name: Name)]
    private var deployments: Set<Name> = []

    /// Reads `settings`, what the playbook says of the backend.
    init(backend: String, settings: Node?) {
        self.backend = backend
        named = Self.kinds.flatMap { kind in
            (settings?[kind]?.members ?? []).map { (kind: kind, key: $0.key, name: Name($0.key.text)) }
        }
    }

    /// Under which of the keys the playbook names the deployment; nil if it does not.
    func kind(of deployment: Name) -> String? { named.first { $0.name == deployment }?.kind }

    /// Where the playbook names the deployment.
    func span(of deployment: Name) -> Span? { named.first { $0.name == deployment }?.key.span }

    /// Notes a deployment of the playbook.
    mutating func note(_ deployment: Name) { deployments.insert(deployment) }

    /// What is named and is no deployment of the playbook.
    func findings(in playbook: SourceFile) -> [Finding] {
        guard !deployments.isEmpty else { return [] }
        return named.filter { !deployments.contains($0.name) }.map { _, key, _ in
            Finding(
                .error, Self.name, at: Location(source: playbook, span: key.span),
                "the playbook does not deploy \(key.text.quoted)",
                help: suggestion(for: key.text, among: deployments.map(\.text).sorted(), noun: "deployments"))
        }
    }
}

extension NamedFiles {
    /// Notes in the definition what serves it: what the playbook says, or what the deployment brings.
    mutating func settleServer(
        of definition: inout DeploymentDefinition, at place: PlacedName, in document: Document, _ node: Node?
    ) {
        // Only with files at hand it is known what a deployment brings.
        if digests != nil || servers != nil { definition.ownServer = ownServer(of: definition, node) }
        definition.serving = serving?(definition.name, definition.ownServer)
        // What is not used may change without making another plan.
        if definition.serving == nil, digests != nil {
            definition.ownServer = ownServer(of: definition, node, yaml: pythonYAMLValue(of:))
        }
        if servers != nil { checkServer(of: definition, at: place, in: document) }
    }

    private func ownServer(of definition: DeploymentDefinition, _ node: Node?, yaml: YAMLReader? = nil) -> OwnServer? {
        var meant = definition
        if let assets { meant.document = assets.meaning(of: definition.document) }
        if digests != nil, let path = node?.scalar?.value.scalarText { meant.folder = folder(of: path) }
        return OwnServer(of: meant, yaml: yaml) { key, reference in
            assets?.isServer(key == "model" ? .models : .environments, reference) == true
        }
    }

    /// Reports a deployment of which nothing says what serves it.
    private mutating func checkServer(
        of definition: DeploymentDefinition, at place: PlacedName, in document: Document
    ) {
        guard let servers else { return }
        self.servers?.note(definition.name)
        let kind = servers.kind(of: definition.name)
        guard definition.serving == nil, kind == nil || kind == "simulate" else { return }
        let settings = "backends.\(servers.backend)"
        switch definition.ownServer {
        case nil where kind != nil: return
        case .mlflowModel(let model)?:
            guard digests != nil, model.isLocalPath, let folder = definition.folder,
                MLflowModel.isNotMLflowModel(model, in: folder), let key = document.root.member("model")?.key
            else { return }
            report(
                ServerIsKnown.name, location(key, in: document),
                "\(model) has no file \(MLflowModel.descriptor), so it is not an MLflow model",
                help:
                    "set the model's path to the folder that MLflow wrote, or give the deployment a code_configuration")
        case nil:
            report(
                ServerIsKnown.name, place.location,
                "deployment '\(definition.name)' does not say what serves it on \(servers.backend)",
                help: "name it in the playbook under \(settings) ("
                    + "\(ServerIsKnown.kinds.joined(separator: ", "))), or give it a code_configuration")
        case .script?:
            guard document.root["code_configuration"]?["scoring_script"] == nil,
                let key = document.root.member("code_configuration")?.key
            else { return }
            report(
                ServerIsKnown.name, location(key, in: document), "code_configuration has no 'scoring_script'",
                help: "add 'scoring_script: score.py'")
        case .container?:
            let environment = document.root.member("environment")
            let key = environment?.value.member("inference_config")?.key ?? environment?.key
            report(
                ServerIsKnown.name, key.map { location($0, in: document) } ?? place.location,
                "\(servers.backend) cannot run the container of deployment '\(definition.name)'",
                help: "name its server in the playbook: \(settings).command: {\(definition.name): [./serve.sh]}, or "
                    + "\(settings).external: {\(definition.name): \"http://127.0.0.1:9000\"}"
                    + (kind == nil ? "" : "; 'replaces_code: true' in its profile simulates it instead"))
        }
    }

    private func location(_ key: Node.Key, in document: Document) -> Location {
        Location(source: key.origin == .document ? document.source : playbook, span: key.span)
    }
}
