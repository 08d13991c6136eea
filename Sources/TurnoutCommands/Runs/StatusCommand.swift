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
                let view = try RunView(of: record.id, in: journal, workspace)
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

extension RunRecord {
    /// The record with every yes that is kept for the open gate, and that the run will count once it goes on.
    func counting(_ kept: [KeptRequest], stages: [StageRecord], approval: Approval?) -> RunRecord {
        guard case .waiting(var gate) = phase, stages.indices.contains(position) else { return self }
        for request in kept.filter({ !$0.isUsed }).map(\.request) {
            guard request.kind == .approve, request.stage == stages[position].name, request.planHash == planHash,
                request.fingerprint == nil || request.fingerprint == gate.fingerprint,
                approval?.starterMayApprove != false || request.by != starter, !gate.approvals.contains(request.by)
            else { continue }
            gate.approvals.append(request.by)
        }
        var record = self
        record.phase = .waiting(gate)
        return record
    }
}

/// One run as the journal has it at one moment.
struct RunView {
    var record: RunRecord
    var stages: [StageRecord]
    var approval: Approval?
    var isLive: Bool
    var clients: ClientsReport?
    var decided = KeptDecisions.none
    var servers: Servers

    init(of run: RunID, in journal: any Journal, _ workspace: Workspace) throws {
        record = try journal.record(of: run)
        stages = try journal.stages(of: run)
        isLive = try journal.holder(of: run) != nil
        clients = try ClientsFile(run, in: workspace).read().map(ClientsReport.init)
        let plan = try journal.load(run).snapshot.plan
        servers = Servers(of: plan, by: record)
        guard !record.status.isEnded else { return }
        let kept = try journal.requests(of: run)
        if case .waiting = record.phase {
            approval = plan.stages.indices.contains(record.position) ? plan.stages[record.position].approval : nil
            record = record.counting(kept, stages: stages, approval: approval)
        }
        decided = KeptDecisions(kept, of: record, stages: stages, approval: approval)
    }

    var reportWithoutClients: RunReport {
        RunReport(
            record: record, stages: stages, approval: approval, isLive: isLive, decided: decided, servers: servers)
    }

    var report: RunReport {
        RunReport(
            record: record, stages: stages, approval: approval, isLive: isLive, clients: clients, decided: decided,
            servers: servers)
    }

    func text(_ terminal: Terminal) -> String {
        let wall = SystemClock().now()
        return RunTree(
            record: record, stages: stages, approval: approval, isLive: isLive,
            now: max(wall, stages.latestMoment ?? wall), style: terminal.style, columns: terminal.columns,
            decided: decided, clients: clients, servers: servers
        ).lines().joined(separator: "\n")
    }
}
