internal import RolloutEngine
internal import RolloutService
internal import Rollouts

extension RunSituation {
    /// What the gate that is open waits for, as a fragment; nil where none is.
    var gateWaitingFor: String? {
        let stage = stage ?? "the run"
        switch record.phase {
        case .waiting(let gate):
            if let overdue {
                return
                    "a process that carries out its on_timeout (\((approval ?? Approval()).onTimeout.rawValue)): the "
                    + "time to decide stage \(stage) ran out at \(overdue.zoned)"
            }
            let count = approval.map { $0.required > 1 ? " (\(gate.approvals.count) of \($0.required) given)" : "" }
            let limit = gate.deadline.map { ", until \($0.zoned)" } ?? ""
            return "an approval of stage \(stage)\(approval?.approvers ?? "")\(count ?? "")\(limit)"
        case .baking(let until): return "stage \(stage) to rest until \(until.zoned)"
        case .analysing:
            return "a verdict on stage \(stage)" + (record.analysis.map { ", at the latest at \($0.ends.zoned)" } ?? "")
        case .starting, .ready, .acting, .backingOff, .rollingBack, .held, .ended: return nil
        }
    }
}

extension Approval {
    /// `approval by 2 people of ops within 24h, else roll back: Look at the canary`.
    var words: String {
        var text = "approval by \(required == 1 ? "1 person" : "\(required) people")"
        if let group { text += " of \(group)" }
        if !starterMayApprove { text += ", not the one who starts the run" }
        if let timeout {
            text += ", within \(timeout), else \(onTimeout.rawValue.split(separator: "_").joined(separator: " "))"
        }
        return text + (instructions.map { ": \($0)" } ?? "")
    }

    /// Whose approval it asks for, behind the stage's name; empty where anybody's will do.
    fileprivate var approvers: String {
        (group.map { " by a member of \($0)" } ?? "") + (starterMayApprove ? "" : ", not by who started the run")
    }
}
