package import Rollouts

/// An approval that was asked for and is not decided.
package struct ApprovalGate: Codable, Hashable, Sendable {
    package var opened: Timestamp
    /// Nil is `never`.
    package var deadline: Timestamp?
    /// The observed state that people are shown (``EndpointSnapshot/fingerprint``); a decision binds to it.
    package var fingerprint: String
    /// Decisions that were made ahead of the gate and before this moment do not count; nil where all do.
    package var since: Timestamp?
    /// Who said yes so far.
    package var approvals: [Person]
    /// When it was written down that the deadline had passed; what follows from that is still to be carried out.
    package var expired: Timestamp?

    package init(
        opened: Timestamp, deadline: Timestamp?, fingerprint: String, since: Timestamp? = nil, approvals: [Person] = []
    ) {
        self.opened = opened
        self.deadline = deadline
        self.fingerprint = fingerprint
        self.since = since
        self.approvals = approvals
    }
}

/// Why one person's yes to a stage does not count.
package enum ApprovalObjection: Hashable, Sendable {
    /// The person started the run, and the gate bars its starter.
    case starter
    /// The gate asks for a member of this group, and the person was not found to be in it.
    case group(String)
    /// The person has approved already: quorums count different people.
    case repeated
}

extension Approval {
    /// Why a yes of `person` does not count, or nil.
    ///
    /// The only rule on who may approve: the run machine follows it, and front ends ask it before they offer or take a
    /// decision (P8). `group` is the one that the front end found the person to be in, as in ``Request/memberOf``;
    /// `given` are those who have approved so far.
    package func objection(
        to person: Person, memberOf group: String?, starter: Person, given: [Person] = []
    ) -> ApprovalObjection? {
        if !starterMayApprove, person == starter { return .starter }
        if let wanted = self.group, group != wanted { return .group(wanted) }
        return given.contains(person) ? .repeated : nil
    }

    /// Whether every set of people that passes this gate would have passed `other` too.
    package func isAtLeast(_ other: Approval) -> Bool {
        required >= other.required && (other.starterMayApprove || !starterMayApprove)
            && (other.group == nil || group == other.group) && (onTimeout != .goOn || other.onTimeout == .goOn)
    }
}

extension ApprovalGate {
    /// The deadline, where it has passed or was found to have; nil while decisions are taken.
    package func deadline(passedAt now: Timestamp) -> Timestamp? {
        deadline.flatMap { expired != nil || now > $0 ? $0 : nil }
    }

    /// Whether what was asked then comes in time.
    func takes(_ request: Request) -> Bool { deadline.map { request.at <= $0 } ?? true }

    /// Whether the time to decide is over.
    func isOver(at now: Timestamp) -> Bool { expired != nil || deadline.map { now >= $0 } ?? false }

    /// Whether a decision was made about this gate or ahead of it, and not about another plan or another state.
    package func concerns(_ request: Request, planHash: String) -> Bool {
        guard request.planHash == planHash else { return false }
        guard let shown = request.fingerprint else { return since.map { request.at >= $0 } ?? true }
        return shown == fingerprint
    }

    /// The gate with every yes among `requests` that the run will count once it goes on.
    package func counting(
        _ requests: [Request], for stage: String, as approval: Approval, in record: RunRecord
    ) -> ApprovalGate {
        var gate = self
        for request in requests where request.kind == .approve && request.stage == stage {
            guard concerns(request, planHash: record.planHash), requests.replacement(of: request) == nil,
                approval.objection(
                    to: request.by, memberOf: request.memberOf, starter: record.starter, given: gate.approvals) == nil
            else { continue }
            gate.approvals.append(request.by)
        }
        return gate
    }
}

extension [Request] {
    /// The later one of these that takes the place of a decision: the opposite one of the same person, where both were
    /// made ahead of the gate (P9).
    package func replacement(of request: Request) -> Request? {
        guard request.isEarlyDecision else { return nil }
        return first {
            $0.number > request.number && $0.isEarlyDecision && $0.kind != request.kind && $0.stage == request.stage
                && $0.by == request.by && $0.planHash == request.planHash
        }
    }
}

extension Request {
    fileprivate var isEarlyDecision: Bool { (kind == .approve || kind == .reject) && fingerprint == nil }
}
