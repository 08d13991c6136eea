internal import NIOCore

/// An instance as every loop knows it: stays the same object as long as it is the same server.
final class Instance: Sendable, Equatable {
    let id: String
    let target: InstanceTarget
    /// How a request to its scoring route begins: request line and host.
    let scoring: ByteBuffer
    /// How a request for its description begins.
    let swagger: ByteBuffer

    init(_ route: InstanceRoute) {
        id = route.id
        target = route.target
        switch route.target {
        case .simulated: (scoring, swagger) = (ByteBuffer(), ByteBuffer())
        case .server(let address):
            let path = address.scoringPath.isEmpty ? "/" : address.scoringPath
            scoring = ByteBuffer(string: "POST \(path) HTTP/1.1\r\nhost: \(address.host)\r\n")
            swagger = ByteBuffer(string: "GET /swagger.json HTTP/1.1\r\nhost: \(address.host)\r\n")
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
