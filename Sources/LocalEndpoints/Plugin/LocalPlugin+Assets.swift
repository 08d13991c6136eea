package import PlaybookSyntax
package import Rollouts

/// Looks up assets registered on this machine while a plan is made.
extension LocalPlugin {
    package func assets(settings: Value, folder: String, state: String) -> AssetLookup? {
        let known: LocalSettings
        do throws(SettingsProblem) {
            known = try LocalSettings(settings)
        } catch {
            return nil  // reported with the settings
        }
        let registry = LocalRegistry(LocalFolder(state: state))
        var lookup = AssetLookup { kind, text in
            if kind == .environments, let stand = known.environments[text] {
                return .means(stand.environment(for: text, folder: folder))
            }
            do throws(EmulatorError) {
                guard let looked = LocalRegistry.Kind(rawValue: kind.rawValue) else { return .unknown }
                return Self.answer(try registry.answer(looked, text), kind, text)
            } catch {
                return .missing("the registered assets cannot be read: \(error.message)", help: "run `turnout doctor`")
            }
        }
        lookup.isServer = { kind, text in
            do throws(EmulatorError) {
                guard let looked = LocalRegistry.Kind(rawValue: kind.rawValue) else { return false }
                return try registry.isServer(looked, text)
            } catch {
                return false  // reported when it is looked up
            }
        }
        return lookup
    }

    private static func answer(_ answer: LocalRegistry.Answer, _ kind: AssetLookup.Kind, _ text: String)
        -> AssetLookup.Answer
    {
        switch answer {
        case .registered(let name): return .means(.string(name))
        case .unknown: return .unknown
        case .elsewhere where kind == .environments:
            return .missing(
                "\(text) is an Azure environment, which is not on this machine",
                help: "name a local replacement in the playbook: "
                    + "backends: {local: {environments: {\"\(text)\": {conda_file: ./conda.yml}}}}")
        case .elsewhere:
            return .missing(
                "\(text) is in an Azure registry, which local does not reach",
                help: "download it and register it here: turnout \(kind.word) create --file FILE")
        case .missing(let name, let version):
            let option = version.map { " --version \($0)" } ?? ""
            return .missing(
                "\(kind.word) \(name)\(version.map { ":\($0)" } ?? "") is not registered on local",
                help: "register it: turnout \(kind.word) create --file FILE --name \(name)\(option)")
        }
    }
}

extension Value {
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
