internal import FoundationEssentials

/// The parts of a server's URL.
struct ServerAddress: Hashable, Sendable {
    var scheme: String
    /// The host without the brackets of an IPv6 address.
    var host: String
    var port: Int?
    /// The path; empty, or with a leading and without a trailing slash.
    var prefix: String

    /// Fails if the text is not an `http` or `https` URL.
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
