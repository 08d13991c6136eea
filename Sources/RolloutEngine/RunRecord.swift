package import Rollouts

package enum RunStatus: String, Codable, Hashable, Sendable, CaseIterable {
    case running
    /// A gate is open for a person's decision.
    case waiting
    /// The run has stopped and needs a person's decision.
    case held
    case succeeded
    case rolledBack = "rolled_back"
    case failed
    case aborted
    /// Every stage is done or skipped, but the traffic is not the last that the playbook asks for.
    case endedEarly = "ended_early"

    package var isEnded: Bool {
        switch self {
        case .running, .waiting, .held: false
        case .succeeded, .rolledBack, .failed, .aborted, .endedEarly: true
        }
    }
}

package enum StageStatus: String, Codable, Hashable, Sendable, CaseIterable {
    case pending, running, waiting, held, succeeded, skipped, failed
    case rolledBack = "rolled_back"

    /// Whether the stage will not act again in its run.
    package var isDone: Bool { self == .succeeded || self == .skipped }
}

/// A person as this machine identifies them; the identity is not verified, so records say `asserted`.
package struct Person: Codable, Hashable, Sendable, CustomStringConvertible {
    package var name: String
    package var host: String

    package init(name: String, host: String) {
        self.name = name
        self.host = host
    }

    package var description: String { "\(name)@\(host)" }
}

/// The state of one stage of a run.
package struct StageRecord: Codable, Hashable, Sendable {
    package var name: String
    package var action: StageAction.Kind
    package var status: StageStatus
    /// The number of attempts begun so far.
    package var attempts: Int
    package var started: Timestamp?
    package var ended: Timestamp?
    /// Why the stage was skipped, failed or held, in a sentence.
    package var reason: String?

    package init(
        name: String, action: StageAction.Kind, status: StageStatus = .pending, attempts: Int = 0,
        started: Timestamp? = nil, ended: Timestamp? = nil, reason: String? = nil
    ) {
        self.name = name
        self.action = action
        self.status = status
        self.attempts = attempts
        self.started = started
        self.ended = ended
        self.reason = reason
    }
}

/// The state of a run: all that its machine needs in addition to the plan and the stage records.
package struct RunRecord: Codable, Hashable, Sendable {
    package var id: RunID
    package var backend: String
    /// See ``LeaseKey/place``.
    package var place: String?
    package var endpoint: Name
    package var planHash: String
    /// See ``Plan/roles``.
    package var roles: Roles?
    /// The absolute path of the playbook's folder on the machine that started the run, or `nil` if unknown.
    package var playbookFolder: String?
    /// The run and stage that this run was forked from with `retry --from`.
    package var parent: Parent?
    package var starter: Person
    package var started: Timestamp
    package var ended: Timestamp?
    package var status: RunStatus
    /// Why the run ended, is held or is waiting, in a sentence.
    package var reason: String?
    /// Why the run has been waiting for a while, in the backend's words; `nil` if unknown, or if it is not waiting.
    package var waitReason: String?
    /// The index of the current or next stage, or the number of stages if all are done.
    package var position: Int
    package var phase: Phase
    /// The state of the latest analysis, or `nil` before the first.
    @Shared package var analysis: AnalysisRecord?
    /// When a person adopted a drifted endpoint; approvals given earlier, ahead of their gates, are void (P8).
    package var adopted: Timestamp?
    /// The attempts of the current stage that no longer count, because a person requested a retry.
    package var forgivenAttempts: Int
    /// The state that a rollback restores.
    ///
    /// It is the endpoint as observed at the start or, if it served no clients then, as the first stage left it that
    /// brought traffic to 100 %.
    package var baseline: Observation
    /// The endpoint's state after this run's last change; differences from it are drift.
    package var expected: Observation
    /// The last observation, for display.
    package var latest: Observation
    /// When ``latest`` was observed, or `nil` before the first observation.
    package var latestAt: Timestamp?

    package struct Parent: Codable, Hashable, Sendable {
        package var run: RunID
        package var stage: String

        package init(run: RunID, stage: String) {
            self.run = run
            self.stage = stage
        }
    }

    package init(
        id: RunID, backend: String, endpoint: Name, planHash: String, parent: Parent? = nil, starter: Person,
        started: Timestamp
    ) {
        self.id = id
        self.backend = backend
        self.endpoint = endpoint
        self.planHash = planHash
        self.parent = parent
        self.starter = starter
        self.started = started
        self.status = .running
        self.position = 0
        self.phase = .starting
        self.analysis = nil
        self.forgivenAttempts = 0
        self.baseline = .never
        self.expected = .never
        self.latest = .never
    }
}

/// What is known about an endpoint.
package enum Observation: Codable, Hashable, Sendable {
    /// It has not been observed yet.
    case never
    case absent
    indirect case present(EndpointSnapshot)

    package init(_ snapshot: EndpointSnapshot?) { self = snapshot.map(Observation.present) ?? .absent }

    package var snapshot: EndpointSnapshot? {
        guard case .present(let snapshot) = self else { return nil }
        return snapshot
    }
}
