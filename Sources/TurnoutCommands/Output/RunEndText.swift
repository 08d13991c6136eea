internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// The last lines about a run: what happened, the observed traffic, and the next command.
struct RunEndText {
    var end: RunEnd

    init(_ end: RunEnd) { self.end = end }

    func lines(_ style: Style) -> [String] {
        let record = end.record
        var lines = [headline(style)]
        if case .held(let hold) = record.phase, case .drift(let differences) = hold.cause {
            lines += differences.map { "  \($0.what): expected \($0.expected), observed \($0.observed)".printable }
        }
        if case .waiting = record.phase, let instructions = end.situation.approval?.instructions {
            lines.append("instructions: \(instructions)".printable)
        }
        if let snapshot = record.latest.snapshot {
            var text = "traffic \(snapshot.traffic.text), as observed"
            if !snapshot.mirrorTraffic.deployments.isEmpty { text += "; mirror \(snapshot.mirrorTraffic.text)" }
            lines.append(text)
        } else if record.latest == .absent {
            lines.append("endpoint \(record.endpoint) does not exist, as observed")
        }
        lines += leftovers
        if let clients = end.clients { lines.append(clients.text(style)) }
        if let afterwards = end.afterwards, record.latest.snapshot != nil { lines.append(afterwards) }
        return lines + NextCommand(end.situation).lines(style, columns: .max)
    }

    private func headline(_ style: Style) -> String {
        let record = end.record
        let length = (record.ended ?? record.started) - record.started
        let time = record.status.isEnded ? " after \(length.short)" : ""
        let word = end.isInterrupted && !record.status.isEnded ? "interrupted" : record.status.words
        let stage = end.situation.stage
        let reason =
            switch record.status {
            case .waiting where end.isInterrupted:
                "waiting for " + (end.situation.waitingFor ?? "a person")
            case .waiting: "for " + (end.situation.waitingFor ?? "a person")
            case _ where end.isInterrupted && record.leavesProgramUnfinished:
                "the program of stage \(stage ?? "") was stopped before it finished and is not run again automatically: a "
                    + "person must decide how to continue"
            case _ where end.isInterrupted && !record.status.isEnded:
                "all progress is saved" + (stage.map { "; stage \($0) is next" } ?? "")
            default: record.reason ?? ""
            }
        let separator = record.status == .waiting && !end.isInterrupted ? " " : ": "
        return style.bold("\(record.id)") + " " + style(word, record.status.tint) + time
            + (reason.isEmpty ? "" : (separator + reason).printable)
    }

    /// Lines about failed deployments without traffic, which are not deleted automatically.
    private var leftovers: [String] {
        guard [.rolledBack, .failed, .aborted, .endedEarly].contains(end.record.status),
            let snapshot = end.record.latest.snapshot
        else { return [] }
        let (backend, place) = (end.record.backend, end.record.place)
        let namespace = place?.split(separator: "/").last.map { " --namespace \($0)" } ?? ""
        return snapshot.deployments.filter { $0.failure != nil && snapshot.traffic.wanted[$0.name] == 0 }.map {
            "failed deployment \($0.name) still exists; delete it with `turnout endpoint delete \(snapshot.name) "
                + "--deployment \($0.name) --backend \(backend)\(namespace) --yes`, or fix it and try again"
        }
    }
}

extension RunRecord {
    /// Whether the process is exiting while a program runs that must run at most once.
    fileprivate var leavesProgramUnfinished: Bool {
        guard case .acting(let attempt) = phase, attempt.steps.indices.contains(attempt.step),
            case .run(let command) = attempt.steps[attempt.step]
        else { return false }
        return !command.idempotent
    }
}
