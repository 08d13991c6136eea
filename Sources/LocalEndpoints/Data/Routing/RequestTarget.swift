/// The target of a request line.
struct RequestTarget: Hashable {
    enum Route: Hashable {
        case score
        case swagger
        /// Another path of the endpoint's own server.
        case other
        case metrics
        case health
        case readiness
        case unknown
    }

    var route: Route
    /// The endpoint named in the path; `nil` if the path names none.
    var endpoint: Substring?
    /// The path below the endpoint, without the query: `/v1/chat/completions`.
    var path: Substring
    /// The query including its question mark; empty if there is none.
    var query: Substring = ""

    /// Parses `uri` in origin form, or in absolute form as a client sends it to a proxy.
    init(uri: String) {
        if uri == "/score" {
            self.init(route: .score, endpoint: nil, path: "/score")
            return
        }
        var path = uri[...]
        if !path.utf8.starts(with: "/".utf8) {
            guard let authority = Self.authority(of: path) else {
                self.init(route: .unknown, endpoint: nil, path: path)
                return
            }
            path = authority.firstIndex { $0 == "/" || $0 == "?" }.map { authority[$0...] } ?? "/"
        }
        var query: Substring = ""
        if let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = path[mark...]
            path = path[..<mark]
        }
        self.init(path: path.isEmpty ? "/" : path)
        self.query = query
    }

    private init(route: Route, endpoint: Substring?, path: Substring) {
        self.route = route
        self.endpoint = endpoint
        self.path = path
    }

    private init(path: Substring) {
        switch path {
        case "/metrics": self.init(route: .metrics, endpoint: nil, path: path)
        case "/healthz": self.init(route: .health, endpoint: nil, path: path)
        case "/readyz": self.init(route: .readiness, endpoint: nil, path: path)
        default:
            let prefix = "/endpoints/"
            guard path.utf8.starts(with: prefix.utf8) else {
                self.init(route: Self.route(of: path), endpoint: nil, path: path)
                return
            }
            let rest = path.dropFirst(prefix.count)
            let name = rest.prefix { $0 != "/" }
            let below = name.endIndex == rest.endIndex ? "/" : rest[name.endIndex...]
            self.init(route: name.isEmpty ? .unknown : Self.route(of: below), endpoint: name, path: below)
        }
    }

    private static func route(of path: Substring) -> Route {
        switch path {
        case "/score": .score
        case "/swagger.json": .swagger
        default: .other
        }
    }

    /// The part after `http://` or `https://`; `nil` for any other form, such as `*`.
    private static func authority(of uri: Substring) -> Substring? {
        for scheme in ["http://", "https://"] where uri.prefix(scheme.count).lowercased() == scheme {
            return uri.dropFirst(scheme.count)
        }
        return nil
    }
}
