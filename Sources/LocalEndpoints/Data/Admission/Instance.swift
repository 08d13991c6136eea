/// An instance as every loop knows it: stays the same object as long as it is the same server.
final class Instance: Sendable, Equatable {
    let id: String
    let target: InstanceTarget
    /// The profile that it plays; nil where it is a server.
    let player: SimulatedPlayer?
    /// How a request to its scoring route begins: request line and host.
    let scoring: [UInt8]
    let scoringPath: String
    /// The end of a request line, and the host.
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
    /// As in a Host header.
    fileprivate var host: String {
        switch socket {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix: "localhost"
        }
    }
}
