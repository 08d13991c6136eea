internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// Formats a run for people: its stages with icons and durations, the traffic as bars, and the next commands.
struct RunTree {
    var situation: RunSituation
    /// The present time, for elapsed times.
    ///
    /// The clock of a simulated run can be ahead of it; elapsed times are omitted then.
    var now: Timestamp
    var style: Style
    var columns: Int
    /// The outcomes of its clients' requests, if they are counted.
    var clients: ClientCounts?
    /// What serves each deployment.
    var servers = Servers.none
    /// When the traffic was observed; nil to omit it.
    var observation: String?
    /// Whether the endpoint could not be observed, so that the traffic may be outdated.
    var isUnobservable = false

    private var record: RunRecord { situation.record }
    private var stages: [StageRecord] { situation.stages }
    private var decided: PendingDecisions { situation.decided }

    func lines() -> [String] {
        var lines = heading() + [""] + stageLines() + [""] + trafficLines()
        if let analysis = record.analysis { lines += AnalysisLines(style: style, columns: columns).lines(of: analysis) }
        if let clients { lines += clients.lines(style, width: columns) }
        if case .waiting = record.phase, let instructions = situation.approval?.instructions {
            lines += instructions.hanging(behind: "instructions: ", width: columns)
        }
        var drift = situation.drift
        if case .held(let hold) = record.phase, case .drift(let differences) = hold.cause { drift = differences }
        if !drift.isEmpty {
            lines += drift.flatMap { "\($0)".hanging(behind: "drift: ", width: columns) }
        }
        return lines + words() + NextCommand(situation).lines(style, columns: columns)
    }

    /// Formats the run, its state and its age, and what serves its deployments.
    func heading() -> [String] {
        let name =
            style.bold("\(record.id)") + " "
            + style(situation.words, situation.isInterrupted || situation.isExpired ? .yellow : record.status.tint)
        let time = elapsed(from: record.started, to: record.ended).map { " after \($0.short)" } ?? ""
        let place = "\(record.backend)/\(record.endpoint), started \(record.started.short) by \(record.starter)"
        let parent = record.parent.map { ", forked from \($0.run) at \($0.stage)" } ?? ""
        let roles = record.roles.map { "\n\($0.atStart)" } ?? ""
        return [name + time]
            + (place + parent + roles).split(separator: "\n").flatMap {
                String($0).hanging(behind: "", width: columns).map(style.dim)
            } + servers.lines(columns: columns).map(style.dim)
    }

    /// Formats each stage in one or more lines.
    ///
    /// If there are very many stages, only those around the current one are shown.
    func stageLines() -> [String] {
        let first = max(min(record.position, stages.count) - Self.shownAround, 0)
        let last = min(record.position + Self.shownAround + 1, stages.count)
        let isLong = stages.count > 2 * Self.shownAround + 20
        let shown = isLong ? first..<last : stages.indices
        let name = min(stages[shown].map(\.name.count).max() ?? 0, 32)
        let took = shown.map { duration(of: stages[$0]).count }.max() ?? 0
        var lines: [String] = []
        if shown.lowerBound > 0 { lines.append(style.dim("  … \(shown.lowerBound) earlier stages")) }
        for index in shown {
            let stage = stages[index]
            let duration = duration(of: stage)
            let head =
                "\(stage.status.icon) " + stage.name.printable.cut(to: name).padded(to: name) + "  "
                + String(repeating: " ", count: took - duration.count) + duration + "  "
            let detail = detail(of: stage, at: index).hanging(behind: head, width: columns)
            lines += detail.enumerated().map { line, text in
                line > 0 ? style.dim(text) : style(stage.status.icon, stage.status.tint) + text.dropFirst()
            }.map(\.withoutTrailingSpaces)
        }
        if shown.upperBound < stages.count {
            lines.append(style.dim("  … \(stages.count - shown.upperBound) later stages"))
        }
        return lines
    }

    /// Formats a bar for each deployment with desired or actual traffic.
    func trafficLines() -> [String] {
        guard let endpoint = record.latest.snapshot else {
            return record.latest == .absent ? ["Endpoint \(record.endpoint) does not exist."] : []
        }
        let age = observation?.printable.hanging(behind: "", width: columns) ?? []
        let bars = TrafficLines(style: style, columns: columns).lines(of: endpoint)
        return isUnobservable ? age.map { style($0, .yellow) } + bars : bars + age.map(style.dim)
    }

    private static let shownAround = 12

    private func detail(of stage: StageRecord, at index: Int) -> String {
        var parts: [String] = []
        if stage.attempts > 1 { parts.append("attempt \(stage.attempts)") }
        if index == record.position, !record.status.isEnded, stage.status != .held,
            let waiting = situation.waitingFor
        {
            parts.append("waits for \(waiting)")
        }
        if index >= record.position {
            parts += decided.words(on: stage.name, isPresent: index == record.position)
        }
        if stage.status == .held, case .held(let hold) = record.phase, case .drift = hold.cause {
            parts.append("the endpoint differs from what this run left")
        } else if let reason = stage.reason {
            parts.append(reason)
        }
        return parts.joined(separator: "; ")
    }

    private func words() -> [String] {
        if case .rollingBack(let rollBack) = record.phase {
            let cause = rollBack.cause.printable.hanging(behind: "rolling back: ", width: columns)
            return cause.map { style($0, .yellow) } + stateWords()
        }
        return stateWords()
    }

    private func stateWords() -> [String] {
        switch record.status {
        case .held where record.reason != stages.reasonOfHold: return record.reasonLines(columns)
        case .running where situation.isInterrupted:
            return [
                (situation.runner == .dead ? "The process that worked on it died" : "No process is working on it")
                    + "; it can be resumed where it stopped."
            ]
        case .waiting where situation.runner == .stopped || situation.runner == .dead:
            return "No process is watching the endpoint in the meantime; `turnout resume \(record.id) --wait` would."
                .hanging(behind: "", width: columns)
        case .running, .waiting, .held, .succeeded: return []
        case .failed, .rolledBack, .aborted, .endedEarly: return record.reasonLines(columns)
        }
    }

    private func duration(of stage: StageRecord) -> String {
        guard stage.status != .skipped else { return "" }
        return elapsed(from: stage.started, to: stage.ended)?.short ?? ""
    }

    private func elapsed(from start: Timestamp?, to end: Timestamp?) -> Interval? {
        guard let start else { return nil }
        let length = (end ?? now) - start
        return length < .zero ? nil : length
    }
}

extension RunSituation {
    /// The run's status for display: `rolled back`, or `interrupted` if no process is working on a running run.
    var words: String { isInterrupted ? "interrupted" : isExpired ? "expired" : record.status.words }
    /// Whether the open gate has timed out, and its `on_timeout` has not been carried out yet.
    var isExpired: Bool { overdue != nil && !decided.allowsContinuing }
}

extension Roles {
    /// For example `live at the start: blue; candidate: green`.
    fileprivate var atStart: String { "live at the start: \(live?.text ?? "nothing"); candidate: \(candidate)" }
}

extension [StageRecord] {
    /// The reason of the stage that is held.
    fileprivate var reasonOfHold: String? { first { $0.status == .held }?.reason }

    /// The latest time in the stages' records.
    ///
    /// The clock of a simulated run is ahead of the machine's.
    var latestMoment: Timestamp? { flatMap { [$0.started, $0.ended] }.compactMap(\.self).max() }
}

extension RunRecord {
    fileprivate func reasonLines(_ columns: Int) -> [String] {
        (reason ?? "").hanging(behind: "", width: columns)
    }
}
