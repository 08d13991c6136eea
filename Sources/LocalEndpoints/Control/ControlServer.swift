internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Serves the control plane over TLS.
struct ControlServer: Service {
    let host: String
    let port: Int
    let responder: ControlResponder
    let certificates: ServerCertificates
    let group: any EventLoopGroup
    let logger: Logger
    /// Called with the port when the server is listening.
    let listening: @Sendable (Int) -> Void

    /// The maximum number of concurrent connections; others wait.
    private static let connections = 256
    /// How long a connection may be idle, including before its first request.
    private static let idleTime = TimeAmount.seconds(60)

    func run() async throws {
        let http = HTTPServerBuilder.http1(
            configuration: .init(
                idleTimeout: Self.idleTime,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100)))
        let application = Application(
            responder: responder,
            server: try .tls(http, tlsConfiguration: certificates.configuration()),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connections)),
            onServerRunning: { channel in listening(channel.localAddress?.port ?? port) },
            eventLoopGroupProvider: .shared(group), logger: logger)
        try await application.run()
    }
}
