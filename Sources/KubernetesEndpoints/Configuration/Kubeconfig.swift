internal import FoundationEssentials
internal import Rollouts
internal import Support

/// Several kubeconfig files merged by kubectl's rules: of several entries with one name, the first counts.
struct Kubeconfig: Sendable {
    /// An entry and its file, to which paths in the entry are relative.
    struct Entry: Sendable {
        var value: Value
        var file: String
    }

    var clusters: [String: Entry] = [:]
    var users: [String: Entry] = [:]
    var contexts: [String: Entry] = [:]
    /// The context of the first file that sets one.
    var currentContext: String?
    var files: [String] = []

    /// Merges a file's text, with lower precedence than earlier ones.
    ///
    /// `parse` parses YAML, including JSON.
    ///
    /// - Throws: ``KubernetesError`` if the text is not a kubeconfig.
    mutating func add(_ text: String, file: String, parse: (String) throws -> Value) throws(KubernetesError) {
        files.append(file)
        let value: Value
        do {
            value = try parse(text)
        } catch {
            throw KubernetesError(.configuration, "\(file) is not a kubeconfig: \(error)")
        }
        switch value {
        // An empty file has no entries.
        case .null: return
        case .mapping: break
        default: throw KubernetesError(.configuration, "\(file) is not a kubeconfig: it must be a mapping")
        }
        if let kind = value["kind"]?.string, kind != "Config" {
            throw KubernetesError(.configuration, "\(file) is not a kubeconfig: its kind is \(kind), expected Config")
        }
        try merge(value, "clusters", "cluster", into: &clusters, file)
        try merge(value, "users", "user", into: &users, file)
        try merge(value, "contexts", "context", into: &contexts, file)
        if currentContext == nil {
            currentContext = try Entry(value: value, file: file).text("current-context")
        }
    }

    /// Merges a list of entries.
    ///
    /// As in kubectl, a file must not contain a name twice.
    private func merge(
        _ value: Value, _ list: String, _ member: String, into entries: inout [String: Entry], _ file: String
    ) throws(KubernetesError) {
        let items: [Value]
        switch value[list] {
        case nil, .null: return
        case .list(let found): items = found
        default: throw KubernetesError(.configuration, "\(file): '\(list)' must be a list")
        }
        var found: [String: Entry] = [:]
        for item in items {
            guard let name = try Entry(value: item, file: file).text("name") else {
                throw KubernetesError(.configuration, "\(file): an item of '\(list)' has no name")
            }
            let entry = Entry(value: item[member] ?? .mapping([:]), file: file)
            guard found.updateValue(entry, forKey: name) == nil else {
                throw KubernetesError(.configuration, "\(file): '\(list)' has '\(name)' twice")
            }
        }
        entries.merge(found) { first, _ in first }
    }
}

extension Kubeconfig.Entry {
    /// The value of a string member; `nil` if it is absent or empty.
    ///
    /// YAML reads `123`, `1e3` and `yes` as other types, from which the original text cannot be restored. As in
    /// kubectl, such
    /// values are rejected rather than ignored.
    func text(_ key: String) throws(KubernetesError) -> String? {
        switch value[key] {
        case nil, .null: return nil
        case .string(let text): return text.isEmpty ? nil : text
        default: throw KubernetesError(.configuration, "\(file): '\(key)' must be a string: put it in quotes")
        }
    }

    /// The value of a path member.
    ///
    /// A relative path is resolved against the file's folder.
    func path(_ key: String) throws(KubernetesError) -> String? { try text(key).map { Self.path($0, from: file) } }

    func flag(_ key: String) throws(KubernetesError) -> Bool {
        switch value[key] {
        case nil, .null: return false
        case .bool(let flag): return flag
        default: throw KubernetesError(.configuration, "\(file): '\(key)' must be true or false")
        }
    }

    static func path(_ path: String, from file: String) -> String {
        path.hasPrefix("/") ? path : "\(file.parentFolder)/\(path)"
    }

    /// The decoded bytes of a Base64 member.
    func data(_ key: String, _ subject: String) throws(KubernetesError) -> Data? {
        guard let text = try text(key) else { return nil }
        guard let data = Data(base64Encoded: text.filter { !$0.isWhitespace }) else {
            throw KubernetesError(.configuration, "\(file): '\(key)' of \(subject) is not valid Base64")
        }
        return data
    }
}
