internal import RolloutEngine
internal import Rollouts

/// What serves a deployment is known, where the backend starts the servers itself.
///
/// The playbook names it under `backends.local`: `simulate` plays a profile, `command` starts a program, `external` is
/// a server that already listens. A deployment that is not named there must have a `code_configuration`, and is served
/// by its scoring script in Python. Nothing is guessed from the rest. What is named there must be a deployment of the
/// playbook. The code, model and Conda file of a script are read on this machine: they must be there, relative to the
/// deployment file's folder, and under the playbook's unless absolute paths are allowed.
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
    /// The folder that the local paths of a deployment's file are relative to, after what serves it was checked; nil
    /// where the files are on no disk.
    mutating func serverFolder(of deployment: PlacedName, in document: Document, at node: Node?) -> String? {
        guard let servers, let path = node?.scalar?.value.scalarText else { return nil }
        self.servers?.note(deployment.name)
        if !servers.names(deployment.name) {
            if let code = document.root["code_configuration"]?["code"] {
                checkScript(code, in: document, at: path)
            } else {
                report(
                    ServerIsKnown.name, deployment.location,
                    "nothing says what serves deployment '\(deployment.name)' on \(servers.backend)",
                    help: "name it in the playbook under backends.\(servers.backend): "
                        + "\(ServerIsKnown.kinds.joined(separator: ", ")); or give it a code_configuration")
            }
        }
        do throws(FileProblem) {
            return try place(of: path)?.folder
        } catch {
            return nil  // the file was read: it is reported where that failed
        }
    }

    /// A script is served from files that are there.
    private mutating func checkScript(_ code: Node, in document: Document, at path: String) {
        let root = document.root
        check(code, in: document, at: path)
        if let script = root["code_configuration"]?["scoring_script"], let folder = code.scalar?.value.scalarText {
            check(script, in: document, at: path, below: folder)
        } else if root["code_configuration"]?["scoring_script"] == nil,
            let key = root.member("code_configuration")?.key.span
        {
            report(
                ServerIsKnown.name, Location(source: document.source, span: key),
                "code_configuration has no 'scoring_script'", help: "add 'scoring_script: score.py'")
        }
        for file in [root["model"]?["path"], root["environment"]?["conda_file"]] {
            if let file { check(file, in: document, at: path) }
        }
    }

    /// Reports a local path that leads to nothing, or out of the playbook's folder.
    private mutating func check(_ node: Node, in document: Document, at path: String, below folder: String? = nil) {
        guard let text = node.scalar?.value.scalarText, !text.contains(":") else { return }
        let local = folder.map { $0 + "/" + text } ?? text
        do throws(FileProblem) {
            _ = try place(of: local.hasPrefix("/") || !path.contains("/") ? local : path.folder + "/" + local)
        } catch {
            report(
                ServerIsKnown.name, Location(source: document.source, span: node.span), error.message,
                help: error.help)
        }
    }
}
