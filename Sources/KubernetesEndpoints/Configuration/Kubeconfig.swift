internal import FoundationEssentials
internal import Rollouts

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
            currentContext = value["current-context"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    /// Within one file, of what has the same name the last counts, as it does for kubectl.
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
            guard let name = Self.text(item["name"]), !name.isEmpty else {
                throw KubernetesError(.configuration, "\(file): an item of '\(list)' has no name")
            }
            found[name] = Entry(value: item[member] ?? .mapping([:]), file: file)
        }
        entries.merge(found) { first, _ in first }
    }

    /// What YAML may read as a number or a truth value and kubectl takes as text: a name, a user, a token.
    static func text(_ value: Value?) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }
}

extension Kubeconfig.Entry {
    /// A member that is not empty.
    func text(_ key: String) -> String? { Kubeconfig.text(value[key]).flatMap { $0.isEmpty ? nil : $0 } }

    /// A path, from the file's folder on where it is relative.
    func path(_ key: String) -> String? { text(key).map { Self.path($0, from: file) } }

    static func path(_ path: String, from file: String) -> String {
        if path.hasPrefix("/") { return path }
        let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        return "\(folder)/\(path)"
    }

    /// The bytes of a member in Base64.
    func data(_ key: String, _ whose: String) throws(KubernetesError) -> Data? {
        guard let text = text(key) else { return nil }
        guard let data = Data(base64Encoded: text.filter { !$0.isWhitespace }) else {
            throw KubernetesError(.configuration, "\(file): '\(key)' of \(whose) is no Base64")
        }
        return data
    }
}
