internal import Rollouts

/// A server that somebody else starts and ends; it is ready while it takes connections.
final class ExternalServer: Server {
    private let address: ServerAddress

    init(_ address: ServerAddress) { self.address = address }

    var target: InstanceTarget { .server(address) }

    /// Never asked: an instance that isn't owned is not launched.
    func run(launched: @escaping @Sendable () -> Void) async -> ServerEnd {
        launched()
        return ServerEnd(reason: "Turnout does not start external servers")
    }

    func probe(_ kind: InstanceMachine.Kind, timeout: Interval) async -> String? {
        await ServerProbe.connect(to: address.socket, timeout: timeout)
    }

    func end(isFinal: Bool) {}
}
