internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support
internal import Synchronization

/// Carries out what the `on_timeout` of expired gates says while `turnout serve` runs, so that a deadline is kept
/// although no process works on its run (P10).
///
/// A run that a process works on is left to that process. Several runs are worked on at once.
final class DeadlineWatch: Sendable {
    /// How often the journal is read.
    ///
    /// A read costs about a millisecond, and nothing else announces a new run.
    private static let interval = Duration.seconds(2)
    /// How long a run that could not be worked on is left alone.
    private static let pause = Duration.seconds(60)

    private let json: Bool
    private let working = Mutex<Set<RunID>>([])
    private let lastFailure = Mutex<String?>(nil)

    /// With `json`, writes events to standard output as `turnout resume --json` does, instead of lines.
    init(json: Bool) { self.json = json }

    /// Watches until the task is cancelled.
    ///
    /// Runs under way are then left as by an interrupt: they can be resumed.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for run in await due() {
                    working.withLock { _ = $0.insert(run) }
                    group.addTask { [self] in
                        await carryOut(run)
                        working.withLock { _ = $0.remove(run) }
                    }
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// The runs to work on now.
    ///
    /// Nothing is recorded before a run is worked on. A journal that cannot be read is reported once for each reason, and
    /// read again.
    func due() async -> [RunID] {
        do {
            let runs = try await withService(.preview) { try $0.expiredRuns() }
            lastFailure.withLock { $0 = nil }
            return working.withLock { working in runs.filter { !working.contains($0) } }
        } catch {
            let text = "\(error)"
            let isNews = lastFailure.withLock { last in
                defer { last = text }
                return last != text
            }
            if isNews { Notices.warn("cannot look for approvals that timed out: \(text)") }
            return []
        }
    }

    /// Works on `run` until it ends, is held, or waits at its next gate.
    func carryOut(_ run: RunID) async {
        do {
            try await withService { service in
                let display: any RunDisplay = json ? JSONDisplay() : DeadlineLines(run: run)
                display.end(
                    try await service.takeUp(
                        run, reason: "its approval timed out", WorkOptions(observer: display, waitsForPeople: false)))
            }
        } catch {
            // Another process was faster, and carries the deadline out.
            if let error = error as? JournalError, case .leased = error.code { return }
            Notices.warn("cannot carry out the on_timeout of \(run), retrying in \(Self.pause): \(error)")
            try? await Task.sleep(for: Self.pause)
        }
    }
}

/// Announces that a run is taken up, and repeats what its backend reports.
private struct DeadlineLines: RunDisplay {
    var run: RunID

    func begin(_ plan: Plan, _ state: RunState) {
        let stage = plan.stages[state.record.position]
        let policy = stage.approval.map { " (\($0.onTimeout.rawValue))" } ?? ""
        StandardOutput.shared.line(
            "\(run): the approval of stage \(stage.name) timed out; carrying out its on_timeout\(policy)")
    }

    func show(_ progress: Runner.Progress) {}
    func output(_ line: String, of stage: String) {}
    func end(_ end: RunEnd) { tell(end) }

    func hear(_ notice: BackendNotice) {
        if case .note(let text) = notice { Notices.say("\(run): \(text)".printable) }
    }
}
