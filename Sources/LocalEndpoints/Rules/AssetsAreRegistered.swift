internal import PlaybookSyntax
internal import Rollouts

/// Assets that a deployment names by `azureml:…` are registered on this machine.
///
/// A label such as `@latest` is replaced by the version that it stands for at present, which the plan keeps.
private enum AssetsAreRegistered {
    static let name = String(describing: Self.self)
}

/// The assets that a deployment names: those registered on this machine, and local replacements for environments in
/// Azure's registries.
struct NamedAssets {
    /// The deployment's document with its assets resolved as far as possible.
    private(set) var document: Value
    private(set) var missing: [Missing] = []
    private let registry: LocalRegistry

    /// An asset that is not registered, with the path of its key in the document.
    struct Missing {
        var path: [String]
        var message: String
        var help: String
    }

    init(of deployment: DeploymentDraft, _ settings: LocalSettings) {
        document = deployment.definition.document
        registry = LocalRegistry(LocalFolder(state: deployment.context.state))
        let places: [(LocalRegistry.Kind, [String])] = [
            (.models, ["model"]), (.environments, ["environment"]), (.codes, ["code_configuration", "code"]),
        ]
        for (kind, path) in places {
            guard let text = path.reduce(Optional(document), { $0?[$1] })?.string,
                text.lowercased().hasPrefix("azureml:")
            else { continue }
            if kind == .environments, let stand = settings.environments[text] {
                document = document.replacing(
                    path, by: stand.environment(for: text, folder: deployment.context.folder))
                continue
            }
            do throws(EmulatorError) {
                let answer = try registry.answer(kind, text)
                if case .registered(let name) = answer { document = document.replacing(path, by: .string(name)) }
                if let (message, help) = answer.problem(kind, text) {
                    missing.append(Missing(path: path, message: message, help: help))
                }
            } catch {
                missing.append(
                    Missing(
                        path: path, message: "the registered assets cannot be read: \(error.message)",
                        help: "run `turnout doctor`"))
            }
        }
    }

    /// Whether a registered asset can serve a deployment without code: an MLflow model, or an environment with routes.
    func isServer(_ kind: LocalRegistry.Kind, _ text: String) -> Bool {
        do throws(EmulatorError) {
            return try registry.isServer(kind, text)
        } catch {
            return false  // reported when it is looked up
        }
    }
}

extension DeploymentDraft {
    /// Resolves registered assets in the definition, and reports assets that are not registered.
    mutating func resolve(_ assets: NamedAssets) {
        definition.document = assets.document
        for problem in assets.missing {
            let named = problem.path.reduce(Optional(document)) { $0?[$1] } ?? document
            report(AssetsAreRegistered.name, at: named.place, problem.message, help: problem.help)
        }
    }
}

extension LocalRegistry.Answer {
    /// The problem with `text`, the name of an asset, and its solution; `nil` if there is none.
    fileprivate func problem(_ kind: LocalRegistry.Kind, _ text: String) -> (message: String, help: String)? {
        switch self {
        case .registered, .unknown: return nil
        case .elsewhere where kind == .environments:
            return (
                "\(text) is an Azure environment, which is not on this machine",
                "name a local replacement in the playbook: "
                    + "backends: {local: {environments: {\"\(text)\": {conda_file: ./conda.yml}}}}"
            )
        case .elsewhere:
            return (
                "\(text) is in an Azure registry, which local does not reach",
                "download it and register it here: turnout \(kind.word) create --file FILE"
            )
        case .missing(let name, let version):
            let option = version.map { " --version \($0)" } ?? ""
            return (
                "\(kind.word) \(name)\(version.map { ":\($0)" } ?? "") is not registered on local",
                "register it: turnout \(kind.word) create --file FILE --name \(name)\(option)"
            )
        }
    }
}

extension Value {
    /// Returns the value with `value` at a path of keys.
    fileprivate func replacing(_ path: [String], by value: Value) -> Value {
        guard let key = path.first else { return value }
        return setting(key, to: (self[key] ?? [:]).replacing(Array(path.dropFirst()), by: value))
    }

    /// The inline environment that replaces the one named `text`, with absolute paths.
    fileprivate func environment(for text: String, folder: String) -> Value {
        guard case .mapping(var members) = self else { return self }
        func absolute(_ path: Value?) -> Value? {
            guard let path = path?.string, !path.hasPrefix("/") else { return path }
            return .string(folder + "/" + path)
        }
        members["conda_file"] = absolute(members["conda_file"])
        if case .mapping(var build)? = members["build"] {
            build["path"] = absolute(build["path"])
            members["build"] = .mapping(build)
        }
        // The image is Azure's, which the name represents.
        if members["image"] == nil, members["build"] == nil { members["image"] = .string(text) }
        return .mapping(members)
    }
}
