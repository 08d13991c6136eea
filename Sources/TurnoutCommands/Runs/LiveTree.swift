internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// The state of a run that is redrawn while it is in progress.
struct LiveTree {
    let plan: Plan
    private(set) var state: RunState
    /// What the run waits for.
    private var waiting: String?
    /// The last output line of a stage's program, or the backend's last notice.
    var said: String?
    /// Where clients send their requests.
    private var address: String?
    /// The outcomes of the clients' requests.
    private var clients: ClientCounts?
    /// The latest known time of the run.
    private(set) var now: Timestamp
    /// When the present wait ends.
    private var coming: Timestamp?

    init(plan: Plan, state: RunState) {
        self.plan = plan
        self.state = state
        now = state.record.started
    }

    mutating func take(_ progress: Runner.Progress) {
        if let coming { now = max(now, coming) }
        coming = nil
        switch progress {
        case .committed(let events, let state):
            self.state = state
            now = events.map(\.at).max().map { max($0, now) } ?? now
            if events.contains(where: { $0.event.endsStage }) { said = nil }
        case .performing(let effect, let state):
            self.state = state
            switch effect {
            case .wait(let until, .time(let reason)):
                waiting = reason
                if until < .distantFuture { coming = until }
            case .wait(let until, .people(let reason)):
                waiting = reason
                if until < .distantFuture { coming = until }
            case .observe, .apply, .invoke, .run, .measure, .stop: break
            }
        }
    }

    mutating func hear(_ news: BackendNotice) {
        switch news {
        case .serving(let scoringURI): address = scoringURI
        case .clients(let report): clients = report
        case .note(let text): said = text
        }
    }

    var stageName: String? {
        let position = state.record.position
        return state.stages.indices.contains(position) ? state.stages[position].name : nil
    }

    var approval: Approval? {
        let position = state.record.position
        return plan.stages.indices.contains(position) ? plan.stages[position].approval : nil
    }

    /// Returns at most `rows - 1` lines, each at most `columns` wide.
    func lines(_ style: Style, columns: Int, rows: Int, footer: [String]) -> [String] {
        let tree = RunTree(
            situation: RunSituation(
                of: state, plan, [], runner: .working, person: nil, isMember: { _ in false }, now: now, isNewest: true),
            now: now, style: style, columns: columns, servers: Servers(of: plan, by: state.record))
        let heading = tree.heading()
        var rest = tree.stageLines() + [""] + tree.trafficLines()
        if let address { rest.append(style.dim("clients send to \(address)")) }
        if let analysis = state.record.analysis {
            rest += AnalysisLines(style: style, columns: columns).lines(of: analysis)
        }
        if let clients { rest += clients.lines(style, width: columns) }
        if case .rollingBack(let rollBack) = state.record.phase {
            rest += rollBack.cause.printable.hanging(behind: "rolling back: ", width: columns).map {
                style($0, .yellow)
            }
        }
        if let waiting, footer.isEmpty, !state.record.status.isEnded {
            rest.append(style.dim("waits for \(waiting.printable)"))
        }
        if let said { rest.append(style.dim("| " + said.printable)) }
        rest += footer
        let room = rows - 1 - heading.count - 1
        guard rest.count > room else { return (heading + [""] + rest).map { $0.cutVisible(to: columns) } }
        // The current stage and the prompt are at the end; a very low screen shows nothing else.
        let top = room > 3 ? heading + [""] : []
        rest = [style.dim("  …")] + rest.suffix(max(rows - 2 - top.count, 1))
        return (top + rest).map { $0.cutVisible(to: columns) }
    }
}

extension RunEvent {
    fileprivate var endsStage: Bool {
        switch self {
        case .stageSucceeded, .stageFailed, .stageSkipped, .runEnded: true
        default: false
        }
    }
}
