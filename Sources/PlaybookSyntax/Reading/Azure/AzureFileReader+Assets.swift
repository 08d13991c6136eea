internal import Rollouts

/// Assets that a deployment refers to or defines inline.
extension AzureFileReader {
    /// Reads a model or an environment: a reference, or an inline definition.
    mutating func asset(_ node: Node, _ shape: AzureObject, _ what: String) -> Node? {
        guard node.scalar == nil else { return assetReference(node, what) }
        return shape.what == AzureObject.model.what ? model(node) : environment(node)
    }

    private mutating func assetReference(_ node: Node, _ what: String) -> Node? {
        guard let text = python(node)?.string, text.hasPrefix("azureml:") else {
            let name = node.scalar?.text ?? ""
            let isNameLike = Self.isNameLike(name) && python(node)?.string != nil
            wrong(
                node, "\(what) must be a reference or a mapping, not \(described(node))",
                isNameLike
                    ? "write 'azureml:\(name)' for a registered \(what)"
                        + (what == "model" ? ", or '{path: \(name)}' for a file or folder" : "")
                    : "write 'azureml:NAME:VERSION'"
                        + (what == "model" ? ", or '{path: …}' for a file or folder" : ", or '{image: …}'"))
            return nil
        }
        let id = text.dropFirst("azureml:".count)
        guard id.hasPrefix("/") || !id.contains("/") else {
            wrong(
                node, "\(what) cannot be \(text.quoted)",
                "write 'azureml:NAME:VERSION'; a name has no '/', and an ID begins with one")
            return nil
        }
        return self.text(node, what, isChecked: true)
    }

    private mutating func model(_ node: Node) -> Node? {
        let read = object(node, .model)
        guard let read, case .mapping = read.content else { return nil }
        let name = read["name"]?.scalar?.text ?? ""
        if name.isEmpty, let version = read["version"] {
            report(version, "a model with a version needs a name", "add 'name: …', or remove the version")
        } else if name.isEmpty, let path = read["path"], let text = path.scalar?.text, !text.isEmpty {
            switch surroundings.item(text) {
            case .file?, .folder?: break
            case nil where !text.contains(":"): break
            case nil, .nothing?:
                wrong(
                    path,
                    text.contains(":")
                        ? "a model at \(text.quoted) needs a name" : "there is nothing at \(text.quoted)",
                    text.contains(":") ? "add 'name: …'" : "paths are relative to the file that names them")
            }
        }
        return read
    }

    private mutating func environment(_ node: Node) -> Node? {
        for key in ["channels", "dependencies"] {
            guard let member = node.member(key) else { continue }
            report(
                "UnknownKey", member.key.span, member.key.origin, "unknown key '\(key)' in environment",
                "it belongs in the conda file: put it below 'conda_file'")
            return nil
        }
        // The client ignores a name that is not a string, and a version without a name.
        var node = node
        if let name = node["name"], string(name) == nil, case .mapping(let members) = node.content {
            node.content = .mapping(members.filter { !["name", "version"].contains($0.key.text) })
        } else if node["name"] == nil, case .mapping(let members) = node.content {
            node.content = .mapping(
                members.filter { $0.key.text != "version" || !isVersion($0.value) })
        }
        return object(node, .environment)
    }

    private func isVersion(_ node: Node) -> Bool {
        switch python(node) {
        case .string?, .integer?, .float?, .bool?, .null?: true
        default: false
        }
    }

    mutating func condaFile(_ node: Node, _ what: String) -> Node? {
        guard let value = python(node) else { return nil }
        guard !value.isFalsy else { return nil }
        if case .mapping = value { return plain(node) }
        guard let path = value.string else {
            wrong(node, "\(what) must be a path or a mapping, not \(described(node))")
            return nil
        }
        switch surroundings.item(path) {
        case nil: break
        case .nothing?: wrong(node, "there is no file \(path.quoted)", "paths are relative to the file that names them")
        case .folder?: wrong(node, "\(path.quoted) is a folder, not a file")
        case .file?: checkConda(node, path)
        }
        return text(node, what, isChecked: true)
    }

    /// Checks that the conda file is YAML.
    private mutating func checkConda(_ node: Node, _ path: String) {
        do throws(FileProblem) {
            let file = SourceFile(path: path.beside(source.path), data: try surroundings.contents(path))
            var problems: [Finding] = []
            _ = loadYAML(file, as: .azure, findings: &problems)
            // An empty file is valid: it has no dependencies.
            add(problems.filter { $0.message != .emptyFile })
        } catch {
            wrong(node, error.message, error.help)
        }
    }

    mutating func buildFolder(_ node: Node, _ what: String) -> Node? {
        guard let path = python(node)?.string else {
            wrong(node, "\(what) must be a path, not \(described(node))")
            return nil
        }
        switch surroundings.item(path) {
        case .nothing? where path.wholeMatch(of: #/(?i)(https?|ftps?):\/\/[^\s\/]+.*/#) == nil:
            wrong(node, "there is nothing at \(path.quoted)", "paths are relative to the file that names them")
        default: break
        }
        return text(node, what, isChecked: true)
    }
}
