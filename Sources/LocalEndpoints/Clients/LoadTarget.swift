internal import FoundationEssentials
internal import NIOHTTP1

/// The server, path, credential and body of the requests.
struct LoadTarget: Hashable, Sendable {
    let host: String
    let port: Int
    let key: String
    let body: String
    let head: HTTPRequestHead

    /// Parses a scoring URL.
    ///
    /// - Throws: ``LoadError`` if `text` is not a plain HTTP URL, or `key` contains characters that are not allowed
    ///   in a header field.
    init(url text: String, key: String, body: String) throws(LoadError) {
        guard let url = URL(string: text), url.scheme == "http", let host = url.host(), !host.isEmpty,
            (1...65535).contains(url.port ?? 80)
        else {
            throw LoadError(message: "'\(text)' is not a scoring URL such as http://127.0.0.1:8080/score")
        }
        guard !key.unicodeScalars.contains(where: { $0.value < 0x21 || $0.value > 0x7E }) else {
            throw LoadError(message: "the key contains characters that are not allowed in an HTTP header")
        }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = url.port ?? 80
        self.key = key
        self.body = body
        var path = url.path().isEmpty ? "/" : url.path()
        if let query = url.query() { path += "?" + query }
        var headers = HTTPHeaders()
        headers.add(name: "host", value: "\(host):\(port)")
        headers.add(name: "authorization", value: "Bearer \(key)")
        headers.add(name: "content-type", value: "application/json")
        headers.add(name: "content-length", value: String(body.utf8.count))
        headers.add(name: "user-agent", value: "turnout-load")
        head = HTTPRequestHead(version: .http1_1, method: .POST, uri: path, headers: headers)
    }

    static func == (left: Self, right: Self) -> Bool {
        left.head.uri == right.head.uri && left.host == right.host && left.port == right.port && left.key == right.key
            && left.body == right.body
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(host)
        hasher.combine(port)
        hasher.combine(head.uri)
    }
}

/// Why load cannot be sent.
package struct LoadError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String

    package var description: String { message }
}
