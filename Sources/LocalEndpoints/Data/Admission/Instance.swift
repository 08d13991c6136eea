/// An instance as seen by all loops; it keeps its identity as long as it is the same server.
final class Instance: Sendable, Equatable {
    let id: String
    let target: InstanceTarget
    /// The simulated server; `nil` if the instance is a real server.
    let player: SimulatedPlayer?
    /// The precomputed beginning of a request to the scoring route: request line and host.
    let scoring: [UInt8]
    let scoringPath: String
    /// The precomputed end of a request line, and the host.
    let host: [UInt8]

    init(_ route: InstanceRoute) {
        id = route.id
        target = route.target
        switch route.target {
        case .simulated(let server):
            player = SimulatedPlayer(server)
            (scoring, scoringPath, host) = ([], "", [])
        case .server(let address):
            player = nil
            let path = address.scoringPath.isEmpty ? "/" : address.scoringPath
            let host = " HTTP/1.1\r\nhost: \(address.host)\r\n"
            scoring = Array("POST \(path)\(host)".utf8)
            scoringPath = path
            self.host = Array(host.utf8)
        }
    }

    static func == (left: Instance, right: Instance) -> Bool { left === right }
}

extension ServerAddress {
    /// The host as in a `Host` header field.
    fileprivate var host: String {
        switch socket {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix: "localhost"
        }
    }
}
