internal import FoundationEssentials
internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// An open connection to a cluster.
struct KubernetesSession: RunCompanion, EndpointLeasing {
    let kubernetes: KubernetesBackend
    /// The source of outcomes, if metrics are configured.
    let metered: MeteredCluster?
    let clock: any RunClock = SystemClock()
    /// The run's endpoint; `nil` without a run.
    let endpoint: Name?
    let notify: @Sendable (String) -> Void
    let held = HeldLeases()
    let logger = Logger(label: "turnout.kubernetes")

    var backend: any Backend { metered ?? kubernetes }
    /// A look costs the cluster nothing, because watches report changes.
    var pollInterval: Interval? { .seconds(1) }
    var watchInterval: Interval? { .seconds(2) }

    func obstacles(to plan: Plan) async throws -> [String] {
        guard let endpoint = plan.definedEndpoint,
            // A definition that is already in effect is not written.
            try await kubernetes.observe(endpoint.name)?.definition != endpoint
        else { return [] }
        return [try await kubernetes.rival(of: endpoint)].compactMap(\.self)
    }

    func endpoints() async throws -> [Name] { try await kubernetes.endpoints() }

    func scoringURI(of endpoint: Name) async throws -> String? { try await kubernetes.scoringURI(of: endpoint) }

    /// Reports the scoring URI once the endpoint serves clients, and whenever it changes.
    func accompany(_ run: RunID, tell: @escaping @Sendable (BackendNotice) -> Void) async {
        guard let endpoint else { return }
        var reported: String?
        while !Task.isCancelled {
            do {
                let traffic = try await kubernetes.observe(endpoint)?.traffic.actual ?? .none
                if !traffic.isEmpty, let address = try await scoringURI(of: endpoint), address != reported {
                    reported = address
                    tell(.serving(scoringURI: address))
                }
                try await Task.sleep(for: .milliseconds(500))
            } catch is CancellationError {
                return
            } catch {
                logger.debug("the scoring URI cannot be determined", metadata: ["error": "\(error)"])
                guard (try? await Task.sleep(for: .seconds(2))) != nil else { return }  // cancelled
            }
        }
    }

    func close() async {
        await metered?.close()
        await kubernetes.close()
    }
}

extension Plan {
    /// The endpoint definition of the first stage that defines one.
    var definedEndpoint: EndpointDefinition? {
        stages.lazy.filter { $0.skip == nil }.compactMap(\.action.endpoint).first
    }
}
