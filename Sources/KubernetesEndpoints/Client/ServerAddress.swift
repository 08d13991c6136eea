internal import FoundationEssentials

/// The parts of a server's address.
struct ServerAddress: Hashable, Sendable {
    var scheme: String
    /// Without the brackets of IPv6.
    var host: String
    var port: Int?
    /// Empty, or with a slash at its start and none at its end.
    var prefix: String

    /// Nil where the text is no `http` or `https` URL.
    init?(_ text: String) {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(percentEncoded: false), !host.isEmpty
        else { return nil }
        self.scheme = scheme
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = url.port
        var path = url.path(percentEncoded: true)
        while path.hasSuffix("/") { path.removeLast() }
        prefix = path
    }

    func with(host: String) -> String {
        let authority = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(authority)\(port.map { ":\($0)" } ?? "")\(prefix)"
    }
}
