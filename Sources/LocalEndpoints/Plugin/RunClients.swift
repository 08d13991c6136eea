internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// The clients that the playbook's `load` describes, which send requests while the run is being worked on.
final class RunClients: Sendable {
    private let load: Load
    private let endpoint: Name
    private let open: any KeyedEndpoints
    private let state = Mutex(State())
    private let logger = Logger(label: "turnout.clients")

    private struct State {
        var generator: LoadGenerator?
        /// The results of the run's earlier processes.
        var earlier: LoadReport?

        var report: LoadReport? {
            guard let earlier else { return generator?.report }
            return (generator?.report ?? LoadReport()).following(earlier)
        }
    }

    private struct Target: Equatable {
        var address: String
        var key: String
    }

    /// How often the address and the key are checked, since a restarted emulator or a person may change them.
    private static let attention = Duration.milliseconds(500)

    init(_ load: Load, endpoint: Name, on open: any KeyedEndpoints) {
        self.load = load
        self.endpoint = endpoint
        self.open = open
    }

    /// The results so far in all processes of the run; nil before the first request.
    var report: ClientCounts? { counts.map(ClientCounts.init) }
    private var counts: LoadReport? { state.withLock { $0.report } }

    /// Waits until the endpoint can be called, and sends requests until the task is cancelled.
    ///
    /// `keep` saves the results; `earlier` is what an earlier process of the run last saved.
    func send(
        after earlier: LoadReport?, tell: @escaping @Sendable (BackendNotice) -> Void,
        keep: @escaping @Sendable (LoadReport) -> Void
    ) async {
        state.withLock { $0.earlier = earlier }
        do {
            let first = try await firstTarget()
            tell(.serving(scoringURI: first.address))
            let generator = try LoadGenerator(
                url: first.address, key: first.key, body: load.request.body, rate: load.rate)
            state.withLock { $0.generator = generator }
            await withTaskGroup { group in
                group.addTask { await generator.run() }
                group.addTask { await self.follow(generator, from: first, tell: tell, keep: keep) }
                await group.waitForAll()
            }
            if let counts { keep(counts) }
        } catch is CancellationError {
            return
        } catch {
            tell(.note("the playbook's load is not sent: \(error)"))
        }
    }

    /// Returns the address and the key when the endpoint serves clients.
    private func firstTarget() async throws -> Target {
        while true {
            do {
                let traffic = try await open.backend.observe(endpoint)?.traffic.actual
                if let traffic, traffic.sum == 100, let target = try await target() { return target }
            } catch let error as BackendError {
                logger.debug("the endpoint cannot be called yet", metadata: ["error": "\(error)"])
            }
            try await Task.sleep(for: Self.attention)
        }
    }

    private func target() async throws -> Target? {
        guard let address = try await open.scoringURI(of: endpoint) else { return nil }
        return Target(address: address, key: try await open.keys(of: endpoint).primary)
    }

    /// Reports and saves the clients' results, and redirects the clients when the address or key changes.
    private func follow(
        _ generator: LoadGenerator, from first: Target, tell: @Sendable (BackendNotice) -> Void,
        keep: @Sendable (LoadReport) -> Void
    ) async {
        var present = first
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: Self.attention)
                if let counts {
                    tell(.clients(ClientCounts(counts)))
                    keep(counts)
                }
                guard let target = try await target(), target != present else { continue }
                try generator.retarget(url: target.address, key: target.key)
                if target.address != present.address { tell(.serving(scoringURI: target.address)) }
                present = target
            } catch is CancellationError {
                return
            } catch {
                logger.debug("the clients' target is unknown", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension ClientCounts {
    /// Converts a report; requests that were not sent in time count as failed, since a waiting client is not served.
    init(_ report: LoadReport) {
        let kinds = report.statuses.map { ("\($0.key)", $0.value) } + report.failures.map { ($0.key.words, $0.value) }
        var failures = Dictionary(kinds, uniquingKeysWith: +)
        if report.dropped > 0 { failures["not sent in time"] = report.dropped }
        let isAnswered = report.answered > 0
        self.init(
            sent: report.sent + report.dropped, succeeded: report.succeeded, failed: report.failed + report.dropped,
            inFlight: report.inFlight, failures: failures, p50: isAnswered ? Int(report.p50.milliseconds) : nil,
            p99: isAnswered ? Int(report.p99.milliseconds) : nil,
            slowest: isAnswered ? Int(report.longest.milliseconds) : nil)
    }
}

extension LoadReport.Failure {
    fileprivate var words: String {
        switch self {
        case .refused: "no connection"
        case .broken: "connection broken"
        case .late: "timed out"
        case .malformed: "not HTTP"
        }
    }
}
