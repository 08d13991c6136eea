package import Rollouts

/// Decisions by people that the run has not used yet.
package struct PendingDecisions: Hashable, Sendable {
    /// Sorted from oldest to newest.
    package var requests: [Request] = []
    /// Whether the decisions let the run continue once a process works on it.
    package var allowsContinuing = false

    package static let none = PendingDecisions()

    private init() {}

    /// Collects the unused decisions among `kept`.
    ///
    /// `record` must already count the approvals kept for its open gate; `approval` is what that gate requires.
    package init(_ kept: [StoredRequest], of record: RunRecord, stages: [StageRecord], approval: Approval?) {
        guard !record.status.isEnded else { return }
        let present = stages.indices.contains(record.position) ? stages[record.position].name : nil
        let ahead = Set(stages.indices.filter { $0 >= record.position }.map { stages[$0].name })
        let waiting = kept.filter { !$0.isUsed }.map(\.request)
        for request in waiting where request.planHash == record.planHash && waiting.replacement(of: request) == nil {
            if let stage = request.stage, !ahead.contains(stage) { continue }
            let isOfPresent = request.stage == nil || request.stage == present
            switch (record.phase, request.kind) {
            case (_, .abort): allowsContinuing = true
            case (.waiting(let gate), .approve), (.waiting(let gate), .reject):
                guard !isOfPresent || request.fingerprint == nil || request.fingerprint == gate.fingerprint else {
                    continue
                }
                guard isOfPresent else { break }
                let isEnough = gate.approvals.count >= approval?.required ?? 1
                allowsContinuing =
                    allowsContinuing || request.kind == .reject || (isEnough && gate.approvals.contains(request.by))
            case (.waiting, .skip), (.waiting, .succeed), (.held, .skip), (.held, .succeed):
                allowsContinuing = allowsContinuing || isOfPresent
            case (.held(let hold), .retry), (.held(let hold), .adopt), (.held(let hold), .restore):
                guard hold.accepts(request.kind) else { continue }
                allowsContinuing = true
            case (_, .retry), (_, .adopt), (_, .restore): continue
            default: break
            }
            requests.append(request)
        }
    }
}
