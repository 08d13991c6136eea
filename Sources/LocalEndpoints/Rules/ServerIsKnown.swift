internal import AssetFiles
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// The playbook says what serves each deployment, or the deployment brings its own server.
///
/// Under `backends.local`, `simulate` names a profile to play, `command` a program to start, and `external` a server that
/// already listens. A deployment that is named nowhere there must bring its server: a `code_configuration`, whose scoring
/// script Python runs, or a model in MLflow's format. For a deployment that brings one, a profile counts only with
/// `replaces_code: true`. A container with routes of its own (`inference_config`) cannot be run on this machine: such a
/// deployment needs a `command` or an `external` server. Every name must be that of a deployment of the playbook.
private enum ServerIsKnown {
    static let name = String(describing: Self.self)
}

extension PlaybookContext {
    /// The deployments named in the settings, each with the key under which it is named.
    fileprivate var servers: [(word: String, name: String, place: Location)] {
        InstanceChoice.words.flatMap { word in
            (written?[word]?.members ?? []).map { (word, $0.key, $0.place) }
        }
    }
}

extension PlaybookDraft {
    /// Findings on names in the settings that are not deployments of the playbook.
    var unknownServers: [Finding] {
        guard !deployments.isEmpty else { return [] }
        return context.servers.filter { !deployments.contains(Name($0.name)) }.map { _, name, place in
            Finding(
                .error, ServerIsKnown.name, at: place, "the playbook does not deploy \(name.quoted)",
                help: suggestion(for: name, among: deployments.map(\.text).sorted(), noun: "deployments"))
        }
    }
}

extension DeploymentDraft {
    /// Records in the definition what serves the deployment: the settings' choice, or the server that it brings.
    mutating func settleServer(_ settings: LocalSettings?, _ assets: NamedAssets?) {
        var meant = definition
        if let assets { meant.document = assets.document }
        func own(_ yaml: YAMLReader?) -> OwnServer? {
            OwnServer(of: meant, yaml: yaml) { key, text in
                assets?.isServer(key == "model" ? .models : .environments, text) == true
            }
        }
        definition.ownServer = own(nil)
        definition.serving = settings?.serving(definition.name, bringing: definition.ownServer)
        // What is not used may change without making another plan.
        if definition.serving == nil { definition.ownServer = own(pythonYAMLValue(of:)) }
        server = choice?.place
        guard case .mapping(var members)? = definition.serving, members["command"] != nil, folder != nil else { return }
        members["folder"] = DiskPath.resolved(context.folder).map(Value.string)
        definition.serving = .mapping(members)
    }

    private var choice: (word: String, name: String, place: Location)? {
        context.servers.first { Name($0.name) == definition.name }
    }

    /// Reports a deployment without a known server.
    mutating func checkServer(onBackend backend: String) {
        let word = choice?.word
        guard definition.serving == nil, word == nil || word == "simulate" else { return }
        let settings = LocalSettings.root
        switch definition.ownServer {
        case nil where word != nil: return
        case .mlflowModel(let model)?:
            guard model.isLocalPath, let folder, MLflowModel.isNotMLflowModel(model, in: folder),
                let key = document.place(ofKey: "model")
            else { return }
            report(
                ServerIsKnown.name, at: key,
                "\(model) has no file \(MLflowModel.descriptor), so it is not an MLflow model",
                help:
                    "set the model's path to the folder that MLflow wrote, or give the deployment a code_configuration")
        case nil:
            report(
                ServerIsKnown.name, at: name,
                "deployment '\(definition.name)' does not say what serves it on \(backend)",
                help: "name it in the playbook under \(settings) ("
                    + "\(InstanceChoice.words.joined(separator: ", "))), or give it a code_configuration")
        case .script?:
            guard document["code_configuration"]?["scoring_script"] == nil,
                let key = document.place(ofKey: "code_configuration")
            else { return }
            report(
                ServerIsKnown.name, at: key, "code_configuration has no 'scoring_script'",
                help: "add 'scoring_script: score.py'")
        case .container?:
            let key = document["environment"]?.place(ofKey: "inference_config") ?? document.place(ofKey: "environment")
            report(
                ServerIsKnown.name, at: key ?? name,
                "\(backend) cannot run the container of deployment '\(definition.name)'",
                help: "name its server in the playbook: \(settings).command: {\(definition.name): [./serve.sh]}, or "
                    + "\(settings).external: {\(definition.name): \"http://127.0.0.1:9000\"}"
                    + (word == nil ? "" : "; 'replaces_code: true' in its profile simulates it instead"))
        }
    }
}
