internal import RolloutEngine
internal import Rollouts

/// What people have decided about a run that the run has not used yet.
struct KeptDecisions: Hashable, Sendable {
    /// The oldest first; approvals of the open gate are also counted in ``RunRecord/counting(_:stages:approval:)``.
    var requests: [Request] = []
    /// Whether the run goes on once a process works on it.
    var letsGoOn = false

    static let none = KeptDecisions()

    private init() {}

    /// `record` already counts the approvals that are kept for its open gate; `approval` is what that gate asks for.
    init(_ kept: [KeptRequest], of record: RunRecord, stages: [StageRecord], approval: Approval?) {
        guard !record.status.isEnded else { return }
        let present = stages.indices.contains(record.position) ? stages[record.position].name : nil
        let ahead = Set(stages.indices.filter { $0 >= record.position }.map { stages[$0].name })
        for request in kept.filter({ !$0.isUsed }).map(\.request) where request.planHash == record.planHash {
            if let stage = request.stage, !ahead.contains(stage) { continue }
            let isOfPresent = request.stage == nil || request.stage == present
            switch (record.phase, request.kind) {
            case (_, .abort): letsGoOn = true
            case (.waiting(let gate), .approve), (.waiting(let gate), .reject):
                guard !isOfPresent || request.fingerprint == nil || request.fingerprint == gate.fingerprint else {
                    continue
                }
                guard isOfPresent else { break }
                let isEnough = gate.approvals.count >= approval?.required ?? 1
                letsGoOn = letsGoOn || request.kind == .reject || (isEnough && gate.approvals.contains(request.by))
            case (.waiting, .skip), (.waiting, .succeed), (.held, .skip), (.held, .succeed):
                letsGoOn = letsGoOn || isOfPresent
            case (.held(let hold), .retry), (.held(let hold), .adopt), (.held(let hold), .restore):
                guard hold.accepts(request.kind) else { continue }
                letsGoOn = true
            case (_, .retry), (_, .adopt), (_, .restore): continue
            default: break
            }
            requests.append(request)
        }
    }

    /// As a fragment behind the stage `name`: `approved by ann@vm: looks good`; empty where nobody has decided.
    func words(on name: String, isPresent: Bool) -> [String] {
        requests.filter { $0.stage == name || (isPresent && $0.stage == nil) }.map { request in
            "\(request.kind.past) by \(request.by)" + (request.reason.map { " (\($0))" } ?? "") + ", not used yet"
        }
    }
}

extension Request.Kind {
    fileprivate var past: String {
        switch self {
        case .approve: "approved"
        case .reject: "rejected"
        case .abort: "aborted"
        case .skip: "skipped"
        case .succeed: "counted as done"
        case .retry: "to be tried again, as asked"
        case .restore: "to be restored, as asked"
        case .adopt: "to be adopted, as asked"
        }
    }
}

/// A decision as JSON tells it.
struct DecisionReport: Encodable, Sendable {
    var kind: Request.Kind
    var stage: String?
    var by: String
    var at: JSONTime
    var reason: String?

    init(_ request: Request) {
        kind = request.kind
        stage = request.stage
        by = request.by.description
        at = JSONTime(request.at)
        reason = request.reason
    }

    private enum Key: String, CodingKey { case kind, stage, by, at, reason }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(stage, forKey: .stage)
        try container.encode(by, forKey: .by)
        try container.encode(at, forKey: .at)
        try container.encode(reason, forKey: .reason)
    }
}

extension Journal {
    /// What comes next of a run, after the decisions that it has not used yet.
    func nextCommand(for record: RunRecord, isLive: Bool) throws -> NextCommand {
        guard !record.status.isEnded else { return NextCommand(record, isLive: isLive) }
        let stages = try stages(of: record.id)
        let plan = try load(record.id).snapshot.plan
        let approval = plan.stages.indices.contains(record.position) ? plan.stages[record.position].approval : nil
        let kept = try requests(of: record.id)
        let counted = record.counting(kept, stages: stages, approval: approval)
        return NextCommand(
            counted, isLive: isLive, decided: KeptDecisions(kept, of: counted, stages: stages, approval: approval))
    }
}
