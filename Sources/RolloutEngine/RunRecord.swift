package import Rollouts

package enum RunStatus: String, Codable, Hashable, Sendable, CaseIterable {
    case running
    /// For a person's decision.
    case waiting
    /// Until a person says how to go on.
    case held
    case succeeded
    case rolledBack = "rolled_back"
    case failed
    case aborted
    /// Every stage is done or skipped, and the traffic is not what the playbook asks for last.
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

    /// True when the stage will not act again in its run.
    package var isDone: Bool { self == .succeeded || self == .skipped }
}

/// Somebody, as this machine knows them; nobody has proved it, so records say `asserted`.
package struct Person: Codable, Hashable, Sendable, CustomStringConvertible {
    package var name: String
    package var host: String

    package init(name: String, host: String) {
        self.name = name
        self.host = host
    }

    package var description: String { "\(name)@\(host)" }
}

/// Where one stage of a run stands.
package struct StageRecord: Codable, Hashable, Sendable {
    package var name: String
    package var action: StageAction.Kind
    package var status: StageStatus
    /// Tries begun so far.
    package var attempts: Int
    package var started: Timestamp?
    package var ended: Timestamp?
    /// Why it was skipped, failed or held, in a sentence.
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

/// Where a run stands: all that its machine must know besides the plan and the stages' records.
package struct RunRecord: Codable, Hashable, Sendable {
    package var id: RunID
    package var backend: String
    /// As in ``LeaseKey/place``.
    package var place: String?
    package var endpoint: Name
    package var planHash: String
    /// As in ``Plan/roles``.
    package var roles: Roles?
    /// The playbook's folder on the machine that started the run, absolute; nil where it is not known.
    package var playbookFolder: String?
    /// The run and stage that this one was forked from by `retry --from`.
    package var parent: Parent?
    package var starter: Person
    package var started: Timestamp
    package var ended: Timestamp?
    package var status: RunStatus
    /// Why the run ended, is held or is waiting, in a sentence.
    package var reason: String?
    /// Why it has been waiting for a while, in the backend's words; nil where nothing is known, or it goes on.
    package var waitReason: String?
    /// Index of the stage that is under way or next; the number of stages when all are done.
    package var position: Int
    package var phase: Phase
    /// Of the newest analysis; nil before the first.
    @Shared package var analysis: AnalysisRecord?
    /// When a person adopted an endpoint that had drifted: approvals that were given before, ahead of their gates, are
    /// void (P8).
    package var adopted: Timestamp?
    /// Attempts of the present stage that don't count any more, since a person asked for another try.
    package var forgivenAttempts: Int
    /// What is restored by rolling back: the endpoint as observed at the start or, where it served nobody then, as the
    /// first stage left it that gave clients their 100 %.
    package var baseline: Observation
    /// What the endpoint was after the last change of this run; what differs from it is drift.
    package var expected: Observation
    /// What was observed last, for showing.
    package var latest: Observation
    /// When ``latest`` was observed; nil before the first time.
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

/// What is known of an endpoint.
package enum Observation: Codable, Hashable, Sendable {
    /// It was not looked at yet.
    case never
    case absent
    indirect case present(EndpointSnapshot)

    package init(_ snapshot: EndpointSnapshot?) { self = snapshot.map(Observation.present) ?? .absent }

    package var snapshot: EndpointSnapshot? {
        guard case .present(let snapshot) = self else { return nil }
        return snapshot
    }
}
