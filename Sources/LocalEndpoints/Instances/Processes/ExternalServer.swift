internal import Rollouts

/// A server that Turnout does not start or stop; it is ready while it accepts connections.
final class ExternalServer: Server {
    private let address: ServerAddress

    init(_ address: ServerAddress) { self.address = address }

    var target: InstanceTarget { .server(address) }

    /// Never called, since external servers are not launched.
    func run(launched: @escaping @Sendable () -> Void) async -> ServerEnd {
        launched()
        return ServerEnd(reason: "Turnout does not start external servers")
    }

    func probe(_ kind: InstanceMachine.Kind, timeout: Interval) async -> String? {
        await ServerProbe.connect(to: address.socket, timeout: timeout)
    }

    func end(isFinal: Bool) {}
}
