internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout status`: shows the state of a run.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of a run.",
        discussion: """
            Prints its stages, desired and observed traffic, what it waits for, and the next commands. Default for \
            RUN: the only run that has not ended, or the newest if all have.

            EXAMPLES:
              turnout status
              turnout status safe-rollout-3 --watch
              turnout status --json
            """)

    @Argument(
        help: ArgumentHelp("A run, as listed by `turnout runs`.", valueName: "run"),
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Flag(help: "Update the output whenever the run changes, until it ends.")
    var watch = false

    @Flag(help: "Print JSON; with --watch, one object per line.")
    var json = false

    func run() async throws {
        try await withService(.read) { service in
            let id = try service.runToShow(run).id
            guard !watch else { return try await RunWatch(service: service, run: id, json: json).follow() }
            let shown = RunPresentation(try await service.view(of: id))
            StandardOutput.shared.line(json ? try JSONText.pretty(shown.report) : shown.text(.standardOutput))
        }
    }
}

/// A run at one moment, as text and as JSON.
struct RunPresentation {
    private var view: RunView
    private var servers: Servers

    init(_ view: RunView) {
        self.view = view
        servers = Servers(of: view.plan, by: view.record)
    }

    var record: RunRecord { view.record }

    /// When the displayed traffic was observed; nil if it has not been.
    private var observation: String? {
        guard let latest = record.latestAt else { return nil }
        guard !record.status.isEnded else {
            return
                "as observed at \(latest.zoned); `turnout endpoint show \(record.endpoint)\(flag(record.backend))` shows it now"
        }
        return view.unobservable.map { "as observed at \(latest.zoned); cannot be observed now: \($0)" }
            ?? "as observed just now"
    }

    var report: RunReport {
        RunReport(view.situation, clients: view.clients, servers: servers, unobservable: view.unobservable)
    }

    func text(_ terminal: Terminal) -> String {
        let wall = SystemClock().now()
        return RunTree(
            situation: view.situation, now: max(wall, view.situation.stages.latestMoment ?? wall),
            style: terminal.style, columns: terminal.columns, clients: view.clients, servers: servers,
            observation: observation, isUnobservable: view.unobservable != nil
        ).lines().joined(separator: "\n")
    }
}
