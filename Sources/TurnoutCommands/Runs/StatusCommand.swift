internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// Shows where one run stands.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show where a run stands.",
        discussion: """
            Its stages, the traffic as wanted and as observed, what it waits for, and the command to type next. \
            Without RUN, the only run that has not ended or, where all have, the newest.

            EXAMPLES:
              turnout status
              turnout status safe-rollout-3 --watch
              turnout status --json
            """)

    @Argument(
        help: ArgumentHelp("As `turnout runs` lists it.", valueName: "run"),
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Flag(help: "Show it again whenever it changes, until it ends.")
    var watch = false

    @Flag(help: "Print JSON; with --watch, one object a line.")
    var json = false

    func run() async throws {
        let workspace = Workspace()
        guard workspace.hasJournal else {
            throw CommandFailure(.usage, "there are no runs yet; `turnout run PLAYBOOK` starts one")
        }
        try await workspace.withJournal(readOnly: true) { journal in
            let record = try RunSelection.toLookAt(run, in: journal)
            if watch {
                try await RunWatch(journal: journal, workspace: workspace, run: record.id, json: json).follow()
            } else {
                let view = try await RunView(of: record.id, in: journal, workspace)
                StandardOutput.shared.line(json ? try JSONText.pretty(view.report) : view.text(.standardOutput))
            }
        }
    }
}

extension RunSelection {
    /// The run that `text` names; without it the only unfinished one or, where all have ended, the newest.
    static func toLookAt(_ text: String?, in journal: any Journal) throws -> RunRecord {
        if text == nil {
            let all = try journal.runs()
            if let newest = all.first, all.allSatisfy(\.status.isEnded) { return newest }
        }
        return try run(text, in: journal, wanted: "not ended") { !$0.status.isEnded }
    }
}

/// One run at one moment: as the journal has it, on the endpoint as it is.
struct RunView {
    var situation: RunSituation
    var clients: ClientsReport?
    var servers = Servers.none
    /// Why the endpoint cannot be observed now; nil where it was, or need not be.
    var unobservable: String?

    /// Looks at the run and, unless that has ended, at its endpoint (P23).
    init(of run: RunID, in journal: any Journal, _ workspace: Workspace) async throws {
        let stored = try journal.load(run)
        let plan = stored.snapshot.plan
        situation = try journal.situation(of: stored, in: workspace)
        clients = try ClientsFile(run, in: workspace).read().map(ClientsReport.init)
        if !situation.record.status.isEnded, situation.record.latest != .never { await look(plan, workspace) }
        servers = Servers(of: plan, by: situation.record)
    }

    var record: RunRecord { situation.record }

    private mutating func look(_ plan: Plan, _ workspace: Workspace) async {
        do {
            let (endpoint, now) = try await Self.observation(of: plan, workspace)
            if record.phase.isAtRest { situation.drift = differences(expected: record.expected, observed: endpoint) }
            situation.record.latest = Observation(endpoint)
            situation.record.latestAt = now
        } catch {
            unobservable = "\(error)"
        }
    }

    /// The endpoint as it is, and when; waits at most 5 s.
    private static func observation(
        of plan: Plan, _ workspace: Workspace
    ) async throws -> (EndpointSnapshot?, Timestamp) {
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await BackendSelection(of: plan).open(.look, for: plan, in: workspace).using { open in
                    if let caveat = open.caveat { throw BackendError(.unavailable, caveat) }
                    return (try await open.backend.observe(plan.endpoint), open.now)
                }
            }
            group.addTask {
                try await Task.sleep(for: .seconds(5))
                throw BackendError(.unavailable, "it does not answer within 5 s")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    /// How old the traffic is that is shown, where it was not observed just now.
    private var observation: String? {
        guard let latest = record.latestAt else { return nil }
        guard !record.status.isEnded else {
            return "as observed at \(latest.zoned); `turnout endpoint show \(record.endpoint)` shows it now"
        }
        return unobservable.map { "as observed at \(latest.zoned); not observable now: \($0)" }
            ?? "as observed just now"
    }

    var report: RunReport {
        RunReport(situation, clients: clients, servers: servers, unobservable: unobservable)
    }

    func text(_ terminal: Terminal) -> String {
        let wall = SystemClock().now()
        return RunTree(
            situation: situation, now: max(wall, situation.stages.latestMoment ?? wall), style: terminal.style,
            columns: terminal.columns, clients: clients, servers: servers, observation: observation,
            isUnobservable: unobservable != nil
        ).lines().joined(separator: "\n")
    }
}

extension Phase {
    /// Whether the endpoint is as the run left it, unless others have changed it.
    fileprivate var isAtRest: Bool {
        switch self {
        case .ready, .waiting, .baking, .analysing, .backingOff, .held: true
        case .starting, .acting, .rollingBack, .ended: false
        }
    }
}
