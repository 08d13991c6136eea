/// What a request line asks for; an endpoint is named where the path names one.
enum RequestTarget: Hashable, Sendable {
    case score(endpoint: Substring?)
    case swagger(endpoint: Substring?)
    case metrics
    case health
    case readiness
    case unknown

    /// `uri` in origin form, or in absolute form as a client sends it to a proxy; a query says nothing here.
    init(uri: String) {
        if uri == "/score" {
            self = .score(endpoint: nil)
            return
        }
        var path = uri[...]
        if !path.utf8.starts(with: "/".utf8) {
            guard path.lowercased().hasPrefix("http://") else {
                self = .unknown
                return
            }
            path = path.dropFirst("http://".count)
            path = path.firstIndex(of: "/").map { path[$0...] } ?? "/"
        }
        if let query = path.utf8.firstIndex(of: UInt8(ascii: "?")) { path = path[..<query] }
        self.init(path: path)
    }

    private init(path: Substring) {
        switch path {
        case "/score": self = .score(endpoint: nil)
        case "/swagger.json": self = .swagger(endpoint: nil)
        case "/metrics": self = .metrics
        case "/healthz": self = .health
        case "/readyz": self = .readiness
        default:
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[1] == "endpoints", !parts[2].isEmpty else {
                self = .unknown
                return
            }
            switch parts[3] {
            case "score": self = .score(endpoint: parts[2])
            case "swagger.json": self = .swagger(endpoint: parts[2])
            default: self = .unknown
            }
        }
    }
}
