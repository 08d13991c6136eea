internal import FoundationEssentials
internal import Rollouts
internal import Support

/// Several kubeconfig files as one, by kubectl's rules: of what has the same name, the first counts.
struct Kubeconfig: Sendable {
    /// Where an entry stands: paths in it are relative to its file.
    struct Entry: Sendable {
        var value: Value
        var file: String
    }

    var clusters: [String: Entry] = [:]
    var users: [String: Entry] = [:]
    var contexts: [String: Entry] = [:]
    /// Of the first file that names one.
    var currentContext: String?
    var files: [String] = []

    /// Adds a file's text behind those that were added before; `parse` reads YAML, of which JSON is a part.
    /// - Throws: ``KubernetesError`` where it is no kubeconfig.
    mutating func add(_ text: String, file: String, parse: (String) throws -> Value) throws(KubernetesError) {
        files.append(file)
        let value: Value
        do {
            value = try parse(text)
        } catch {
            throw KubernetesError(.configuration, "\(file) is no kubeconfig: \(error)")
        }
        switch value {
        // An empty file says nothing.
        case .null: return
        case .mapping: break
        default: throw KubernetesError(.configuration, "\(file) is no kubeconfig: it holds no mapping")
        }
        if let kind = value["kind"]?.string, kind != "Config" {
            throw KubernetesError(.configuration, "\(file) is no kubeconfig: its kind is \(kind)")
        }
        try merge(value, "clusters", "cluster", into: &clusters, file)
        try merge(value, "users", "user", into: &users, file)
        try merge(value, "contexts", "context", into: &contexts, file)
        if currentContext == nil {
            currentContext = try Entry(value: value, file: file).text("current-context")
        }
    }

    /// Within one file nothing may have the same name twice, as for kubectl.
    private func merge(
        _ value: Value, _ list: String, _ member: String, into entries: inout [String: Entry], _ file: String
    ) throws(KubernetesError) {
        let items: [Value]
        switch value[list] {
        case nil, .null: return
        case .list(let found): items = found
        default: throw KubernetesError(.configuration, "\(file): '\(list)' is no list")
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
    /// A member that is not empty.
    ///
    /// YAML reads `123`, `1e3` and `yes` as something else than text. What is written there can't be told any more, so
    /// they are refused, as by kubectl, and not taken for nothing.
    func text(_ key: String) throws(KubernetesError) -> String? {
        switch value[key] {
        case nil, .null: return nil
        case .string(let text): return text.isEmpty ? nil : text
        default: throw KubernetesError(.configuration, "\(file): '\(key)' is no text: put it in quotes")
        }
    }

    /// A path, from the file's folder on where it is relative.
    func path(_ key: String) throws(KubernetesError) -> String? { try text(key).map { Self.path($0, from: file) } }

    func flag(_ key: String) throws(KubernetesError) -> Bool {
        switch value[key] {
        case nil, .null: return false
        case .bool(let flag): return flag
        default: throw KubernetesError(.configuration, "\(file): '\(key)' is neither true nor false")
        }
    }

    static func path(_ path: String, from file: String) -> String {
        path.hasPrefix("/") ? path : "\(file.parentFolder)/\(path)"
    }

    /// The bytes of a member in Base64.
    func data(_ key: String, _ whose: String) throws(KubernetesError) -> Data? {
        guard let text = try text(key) else { return nil }
        guard let data = Data(base64Encoded: text.filter { !$0.isWhitespace }) else {
            throw KubernetesError(.configuration, "\(file): '\(key)' of \(whose) is no Base64")
        }
        return data
    }
}
