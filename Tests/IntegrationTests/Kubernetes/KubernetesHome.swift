import Foundation
import Testing

extension ClusterFixture {
    /// Which kubeconfig `turnout` runs with: always the service account's.
    enum Way { case direct, proxied, file(String) }

    /// A scratch `TURNOUT_HOME` whose programs reach the cluster as the service account.
    func withHome(_ way: Way = .proxied, _ body: (TurnoutHome) async throws -> Void) async throws {
        try await TurnoutHome.with(backend: "kubernetes") { home in
            var home = home
            switch way {
            case .direct: home.variables["KUBECONFIG"] = place.kubeconfig
            case .proxied: home.variables["KUBECONFIG"] = place.proxiedKubeconfig
            case .file(let path): home.variables["KUBECONFIG"] = path
            }
            try await body(home)
        }
    }

    /// `turnout run kubernetes-rollout`, with rests that tests can wait for.
    func rollout(canary: String = "2s", settle: String = "1s", approve: String? = "all", _ more: String...) -> [String]
    {
        ["run", "kubernetes-rollout", "--input", "namespace=\(namespace)", "--input", "gateway=\(place.gatewayName)"]
            + ["--input", "canary_for=\(canary)", "--input", "settle_for=\(settle)"]
            + (approve.map { ["--approve", $0] } ?? []) + more
    }
}

extension TurnoutHome {
    /// Runs to the end, at most `limit`, without holding a thread that others need.
    func end(_ words: [String], within limit: Duration = .seconds(120)) async throws -> Ended {
        try await start(words).end(within: limit)
    }

    func end(_ words: String...) async throws -> Ended { try await end(words) }

    /// The status of the first run's stages by name; empty before there is a run.
    func stages(_ run: String = "kubernetes-rollout-1") async throws -> [String: String] {
        let ended = try await end(["status", run, "--json"])
        guard ended.status == 0 else { return [:] }
        let status = try JSONDecoder().decode(Status.self, from: Data(ended.output.utf8))
        return Dictionary(uniqueKeysWithValues: status.stages.map { ($0.name, $0.status) })
    }

    /// Waits until a stage is (or was) under way.
    func reaches(_ stage: String) async throws {
        try await eventually("\(stage) is under way") { (try await stages()[stage] ?? "pending") != "pending" }
    }
}

extension TurnoutHome.Started {
    func end(within limit: Duration = .seconds(300)) async throws -> TurnoutHome.Ended {
        let deadline = ContinuousClock.now + limit
        while process.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            let said = try String(contentsOfFile: output, encoding: .utf8)
            Issue.record("\(process.arguments ?? []) did not end within \(limit): \(said)")
        }
        return try wait()
    }
}

/// Looks until it is so, or a minute has passed.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
    _ holds: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !holds() {
        try #require(ContinuousClock.now < deadline, "it never was so: \(what)", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(50))
    }
}
