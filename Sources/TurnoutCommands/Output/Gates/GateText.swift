internal import RolloutEngine
internal import RolloutService
internal import Rollouts

extension RunSituation {
    /// What the open gate waits for, as a fragment; nil if no gate is open.
    var gateWaitingFor: String? {
        let stage = stage ?? "the run"
        switch record.phase {
        case .waiting(let gate):
            if let overdue {
                return
                    "a process that carries out on_timeout (\((approval ?? Approval()).onTimeout.rawValue)): the "
                    + "approval of stage \(stage) timed out at \(overdue.zoned)"
            }
            let count = approval.map { $0.required > 1 ? " (\(gate.approvals.count) of \($0.required) given)" : "" }
            let limit = gate.deadline.map { ", until \($0.zoned)" } ?? ""
            return "an approval of stage \(stage)\(approval?.approvers ?? "")\(count ?? "")\(limit)"
        case .baking(let until): return "stage \(stage), which bakes until \(until.zoned)"
        case .analysing:
            return "a verdict on stage \(stage)" + (record.analysis.map { ", by \($0.ends.zoned)" } ?? "")
        case .starting, .ready, .acting, .backingOff, .rollingBack, .held, .ended: return nil
        }
    }
}

extension Approval {
    /// For example `approval by 2 people of ops, within 24h, else roll back: Look at the canary`.
    var words: String {
        var text = "approval by \(required == 1 ? "1 person" : "\(required) people")"
        if let group { text += " of \(group)" }
        if !starterMayApprove { text += ", not the person who starts the run" }
        if let timeout {
            text += ", within \(timeout), else \(onTimeout.rawValue.split(separator: "_").joined(separator: " "))"
        }
        return text + (instructions.map { ": \($0)" } ?? "")
    }

    /// Who may approve, as the end of a clause; empty if anyone may.
    fileprivate var approvers: String {
        (group.map { " by a member of \($0)" } ?? "")
            + (starterMayApprove ? "" : ", not by the person who started the run")
    }
}
