package import Rollouts

/// An approval that has been requested and not yet decided.
package struct ApprovalGate: Codable, Hashable, Sendable {
    package var opened: Timestamp
    /// `nil` means `never`.
    package var deadline: Timestamp?
    /// The observed state that people are shown (``EndpointSnapshot/fingerprint``); decisions are bound to it.
    package var fingerprint: String
    /// Decisions made ahead of the gate and before this time are void; `nil` if all count.
    package var since: Timestamp?
    /// The people who have approved so far.
    package var approvals: [Person]
    /// When the missed deadline was recorded; its consequences are yet to be carried out.
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

/// Why a person's approval of a stage does not count.
package enum ApprovalObjection: Hashable, Sendable {
    /// The person started the run, and the gate excludes the starter.
    case starter
    /// The gate requires a member of this group, and the person is not known to be one.
    case group(String)
    /// The person has already approved; a quorum counts distinct people.
    case repeated
}

extension Approval {
    /// Returns why an approval by `person` does not count, or `nil` if it does.
    ///
    /// This is the only rule on who may approve: the run machine follows it, and front ends check it before they offer
    /// or accept a decision (P8). `group` is the one that the front end found the person to be in, as in
    /// ``Request/memberOf``; `given` are the people who have approved so far.
    package func objection(
        to person: Person, memberOf group: String?, starter: Person, given: [Person] = []
    ) -> ApprovalObjection? {
        if !starterMayApprove, person == starter { return .starter }
        if let wanted = self.group, group != wanted { return .group(wanted) }
        return given.contains(person) ? .repeated : nil
    }

    /// Whether every set of people that passes this gate would also have passed `other`.
    package func isAtLeast(_ other: Approval) -> Bool {
        required >= other.required && (other.starterMayApprove || !starterMayApprove)
            && (other.group == nil || group == other.group) && (onTimeout != .goOn || other.onTimeout == .goOn)
    }
}

extension ApprovalGate {
    /// Returns the deadline if it has passed or was recorded as missed, or `nil` while decisions are accepted.
    package func deadline(passedAt now: Timestamp) -> Timestamp? {
        deadline.flatMap { expired != nil || now > $0 ? $0 : nil }
    }

    /// Whether a request was made before the deadline.
    func takes(_ request: Request) -> Bool { deadline.map { request.at <= $0 } ?? true }

    /// Whether the time to decide is over.
    func isOver(at now: Timestamp) -> Bool { expired != nil || deadline.map { now >= $0 } ?? false }

    /// Whether a decision was made about this gate or ahead of it, and about this plan and this state of the endpoint.
    package func concerns(_ request: Request, planHash: String) -> Bool {
        guard request.planHash == planHash else { return false }
        guard let shown = request.fingerprint else { return since.map { request.at >= $0 } ?? true }
        return shown == fingerprint
    }

    /// Returns the gate with every approval among `requests` that the run will count once it continues.
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
    /// Returns the later request that replaces a decision: the opposite one by the same person, if both were made ahead
    /// of the gate (P9).
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
