internal import Rollouts

/// Values that override those of a file before it is interpreted, like the flags of `az ml`.
struct FileOverrides {
    /// The endpoint's name from the command line.
    var endpoint: Name?
    /// The playbook's endpoint, which is used if the file names none.
    var defaultEndpoint: Name?
    /// The deployment's name: the stage's `name`.
    var name: Node?
    /// The stage's `instance_count`.
    var instanceCount: Int?
    /// The stage's `set`: values by dotted key.
    var set: Node?

    /// A value that cannot be set, with the position of its key in the playbook.
    struct Problem: Error {
        var span: Span
        var message: String
    }

    /// Returns the endpoint file's root with the overrides.
    func endpointFile(_ root: Node) -> (root: Node, problems: [Problem]) {
        var (root, problems) = withSettings(root)
        if let endpoint { root = root.setting("name", to: .text(endpoint.text, in: root["name"] ?? root)) }
        if let defaultEndpoint, root["name"] == nil {
            root = root.setting("name", to: .text(defaultEndpoint.text, in: root))
        }
        return (root, problems)
    }

    /// Returns the deployment file's root with the overrides.
    func deploymentFile(_ root: Node) -> (root: Node, problems: [Problem]) {
        var (root, problems) = withSettings(root)
        let key = "endpoint_name"
        if let endpoint { root = root.setting(key, to: .text(endpoint.text, in: root[key] ?? root)) }
        if let defaultEndpoint, root[key] == nil { root = root.setting(key, to: .text(defaultEndpoint.text, in: root)) }
        if let name { root = root.setting("name", to: name.inPlaybook) }
        return (root, problems)
    }

    private func withSettings(_ root: Node) -> (root: Node, problems: [Problem]) {
        var root = root
        var problems: [Problem] = []
        guard case .mapping = root.content else { return (root, problems) }
        for member in set?.members ?? [] {
            do throws(Problem) {
                root = try root.setting(member.key.text.dottedParts[...], of: member, path: [])
            } catch {
                problems.append(error)
            }
        }
        return (root, problems)
    }
}

extension Node {
    /// Returns the mapping with one member replaced or added.
    func setting(_ key: String, to value: Node) -> Node {
        guard case .mapping(var members) = content else { return self }
        if let index = members.firstIndex(where: { $0.key.text == key }) {
            members[index].value = value
        } else {
            let scalar = Scalar(text: key, style: .plain, value: .string(key))
            members.append(Member(key: Key(scalar: scalar, span: value.span, origin: value.origin), value: value))
        }
        var node = self
        node.content = .mapping(members)
        return node
    }

    /// Creates text at the position of another node.
    fileprivate static func text(_ text: String, in place: Node) -> Node {
        let span = place.scalar == nil ? place.headSpan : place.span
        return Node(
            content: .scalar(Scalar(text: text, style: .plain, value: .string(text))), span: span, origin: place.origin)
    }

    /// The node, with everything in it marked as coming from the playbook.
    fileprivate var inPlaybook: Node {
        var node = self
        node.origin = .playbook
        switch content {
        case .list(let items): node.content = .list(items.map(\.inPlaybook))
        case .mapping(let members):
            node.content = .mapping(
                members.map { member in
                    var member = member
                    member.key.origin = .playbook
                    member.value = member.value.inPlaybook
                    return member
                })
        case .scalar, .invalid: break
        }
        return node
    }

    /// Returns the mapping with the value of `member` at the path `keys`; missing mappings on the path are created.
    fileprivate func setting(
        _ keys: ArraySlice<String>, of member: Member, path: [String]
    ) throws(FileOverrides.Problem) -> Node {
        guard let key = keys.first else { return member.value.inPlaybook }
        let place = member.key.span
        guard case .mapping(var members) = content else {
            if case .scalar(let scalar) = content, scalar.text.isEmpty || scalar.text == "~" {
                let empty = Node(content: .mapping([]), span: place, origin: .playbook)
                return try empty.setting(keys, of: member, path: path)
            }
            let what = path.joined(separator: ".")
            let kind = if case .list = content { "a list" } else { "not a mapping" }
            throw FileOverrides.Problem(
                span: place,
                message: "\(member.key.text.quoted) cannot be set: the file's '\(what)' is \(kind)")
        }
        let index = members.firstIndex { $0.key.text == key }
        let present = index.map { members[$0].value } ?? Node(content: .mapping([]), span: place, origin: .playbook)
        let value = try present.setting(keys.dropFirst(), of: member, path: path + [key])
        if let index {
            members[index].value = value
        } else {
            let scalar = Scalar(text: key, style: .plain, value: .string(key))
            members.append(Member(key: Key(scalar: scalar, span: place, origin: .playbook), value: value))
        }
        var node = self
        node.content = .mapping(members)
        return node
    }
}

extension String {
    /// The parts of the dotted key `a.b`; a dot after a backslash is part of a name.
    fileprivate var dottedParts: [String] {
        var parts = [""]
        var isEscaped = false
        for character in self {
            if isEscaped || character != "." && character != "\\" {
                parts[parts.count - 1].append(character)
                isEscaped = false
            } else if character == "." {
                parts.append("")
            } else {
                isEscaped = true
            }
        }
        return parts
    }
}
