internal import Support

/// The path of an object, a collection or a subresource from the server's root.
struct APIPath: Sendable, CustomStringConvertible {
    private var text: String
    private var query: [(name: String, value: String)] = []

    init(_ text: String) { self.text = text }

    /// - Throws: ``KubernetesError`` for a name that could change the path: empty, `..`, or with a slash.
    init(
        _ type: ResourceType, _ name: String? = nil, in namespace: String? = nil, _ subresource: String? = nil
    ) throws(KubernetesError) {
        text = type.group.isEmpty ? "/api/\(type.version)" : "/apis/\(type.group)/\(type.version)"
        for part in [name, namespace, subresource].compactMap(\.self) where !Self.isSegment(part) {
            throw KubernetesError(.invalid, "'\(part)' is not a valid name in the path of \(type)")
        }
        if type.isNamespaced, let namespace { append("namespaces", namespace) }
        append(type.plural)
        if let name { append(name) }
        if let subresource { append(subresource) }
    }

    /// Whether this is a non-empty name that the API server accepts in a path (apimachinery, `IsValidPathSegmentName`).
    private static func isSegment(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.contains { $0 == "/" || $0 == "%" }
    }

    mutating func append(_ segments: String...) {
        for segment in segments { text += "/" + Self.encoded(segment) }
    }

    /// Appends a path behind a proxy, with its own slashes and query.
    mutating func append(verbatim path: String) { text += path }

    func with(_ name: String, _ value: String?) -> APIPath {
        guard let value, !value.isEmpty else { return self }
        var path = self
        path.query.append((name, value))
        return path
    }

    var description: String {
        guard !query.isEmpty else { return text }
        let pairs = query.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }
        return text + "?" + pairs.joined(separator: "&")
    }

    /// Percent-encodes a text.
    ///
    /// Colons, as in `https:name:port`, are kept.
    private static func encoded(_ text: String) -> String { PercentEncoding.encoded(text, keeping: ":") }
}
