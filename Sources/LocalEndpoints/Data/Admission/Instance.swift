/// An instance as every loop knows it: stays the same object as long as it is the same server.
final class Instance: Sendable, Equatable {
    let id: String
    let target: InstanceTarget
    /// The profile that it plays; nil where it is a server.
    let player: SimulatedPlayer?
    /// How a request to its scoring route begins: request line and host.
    let scoring: [UInt8]
    /// How a request for its description begins.
    let swagger: [UInt8]

    init(_ route: InstanceRoute) {
        id = route.id
        target = route.target
        switch route.target {
        case .simulated(let server):
            player = SimulatedPlayer(server)
            (scoring, swagger) = ([], [])
        case .server(let address):
            player = nil
            let path = address.scoringPath.isEmpty ? "/" : address.scoringPath
            scoring = Array("POST \(path) HTTP/1.1\r\nhost: \(address.host)\r\n".utf8)
            swagger = Array("GET /swagger.json HTTP/1.1\r\nhost: \(address.host)\r\n".utf8)
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
