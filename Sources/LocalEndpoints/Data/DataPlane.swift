package import Logging
package import RolloutEngine
package import Rollouts

/// The server that clients call: authenticates, chooses a deployment by weight, forwards, mirrors, counts.
package final class DataPlane: Sendable {
    package struct Configuration: Sendable {
        package var host: String
        /// 0 picks a free one.
        package var port: Int
        /// Event loops; nil: one for each core that the process may use.
        package var threads: Int?

        package init(host: String = "127.0.0.1", port: Int = 0, threads: Int? = nil) {
            self.host = host
            self.port = port
            self.threads = threads
        }
    }

    package init(_ configuration: Configuration, logger: Logger) {}

    /// Listens, and returns the port.
    package func start() async throws -> Int { 0 }

    /// Exchanges the table; when it returns, every new request goes by the new one.
    package func install(_ table: RoutingTable) async {}

    /// What was counted since the process began, per incarnation of a deployment.
    package func readings() async -> [DeploymentReading] { [] }

    /// Takes no new requests, waits until those in flight are answered, for `draining` at most, and closes.
    package func stop(draining: Interval) async {}
}

/// What a deployment's requests came to since the process began.
package struct DeploymentReading: Sendable {
    package var endpoint: Name
    package var deployment: Name
    package var incarnation: String
    /// Live requests that it is answering now, and those that wait for an instance.
    package var inFlight: Int
    package var live: OutcomeReading.Counts
    /// Copies that were compared with the live answer, where this deployment is the shadow.
    package var mirrored: OutcomeReading.PairCounts
    /// Copies that were not sent, because too many were under way.
    package var droppedCopies: Int

    package init(
        endpoint: Name, deployment: Name, incarnation: String, inFlight: Int = 0,
        live: OutcomeReading.Counts = .init(), mirrored: OutcomeReading.PairCounts = .init(), droppedCopies: Int = 0
    ) {
        self.endpoint = endpoint
        self.deployment = deployment
        self.incarnation = incarnation
        self.inFlight = inFlight
        self.live = live
        self.mirrored = mirrored
        self.droppedCopies = droppedCopies
    }
}
