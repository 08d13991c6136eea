internal import FoundationEssentials
internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// A cluster that is open.
struct KubernetesSession: RunCompany, EndpointLeasing {
    let kubernetes: KubernetesBackend
    /// Where somebody tells what becomes of requests.
    let metered: MeteredCluster?
    let clock: any RunClock = SystemClock()
    /// Of the run, where there is one.
    let endpoint: Name?
    let notify: @Sendable (String) -> Void
    let held = HeldLeases()
    let logger = Logger(label: "turnout.kubernetes")

    var backend: any Backend { metered ?? kubernetes }
    /// A look costs the cluster nothing: what changes is told by watches.
    var pollInterval: Interval? { .seconds(1) }
    var watchInterval: Interval? { .seconds(2) }

    func obstacles(to plan: Plan) async throws -> [String] {
        guard let endpoint = plan.definedEndpoint,
            // What is so already is not written.
            try await kubernetes.observe(endpoint.name)?.definition != endpoint
        else { return [] }
        return [try await kubernetes.rival(of: endpoint)].compactMap(\.self)
    }

    func endpoints() async throws -> [Name] { try await kubernetes.endpoints() }

    func scoringURI(of endpoint: Name) async throws -> String? { try await kubernetes.scoringURI(of: endpoint) }

    /// Says where clients send their requests, once the endpoint serves them, and whenever that changes.
    func accompany(_ run: RunID, tell: @escaping @Sendable (BackendNotice) -> Void) async {
        guard let endpoint else { return }
        var told: String?
        while !Task.isCancelled {
            do {
                let traffic = try await kubernetes.observe(endpoint)?.traffic.actual ?? .none
                if !traffic.isEmpty, let address = try await scoringURI(of: endpoint), address != told {
                    told = address
                    tell(.serving(scoringURI: address))
                }
                try await Task.sleep(for: .milliseconds(500))
            } catch is CancellationError {
                return
            } catch {
                logger.debug("where the endpoint is cannot be told", metadata: ["error": "\(error)"])
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
    /// What the plan's first stage that defines an endpoint makes of it.
    var definedEndpoint: EndpointDefinition? {
        stages.lazy.filter { $0.skip == nil }.compactMap(\.action.endpoint).first
    }
}
