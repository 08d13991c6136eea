internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// Takes up a run that was left, and works on it.
struct RunWork {
    var workspace: Workspace
    var journal: SQLiteJournal
    var options: RunOptions

    /// Works on `run` from where the journal has it.
    ///
    /// `note` says why, beside who did.
    func takeUp(_ run: RunID, note: String? = nil) async throws -> ExitStatus {
        let record = try journal.record(of: run)
        let key = record.leaseKey
        let lease = try journal.acquireLease(on: key, for: run, takeOver: false)
        let stored: StoredRun
        do {
            // Only now: the run cannot change any more, but by this process.
            stored = try journal.load(run)
        } catch {
            giveBack(lease)
            throw error
        }
        EditedFiles(stored, in: workspace).tell(adopted: false)
        return try await takeUp(stored, note: note, lease: lease)
    }

    /// Works on a run as it was loaded under its `lease`; `prepare` changes the machine before it begins, as an adoption
    /// does.
    func takeUp(
        _ stored: StoredRun, note: String? = nil, lease: Lease, takeOver: Bool = false,
        prepare: (inout RunMachine, Timestamp) throws -> Void = { _, _ in }
    ) async throws -> ExitStatus {
        let open: any OpenBackend
        do {
            let plan = stored.snapshot.plan
            open = try await BackendSelection(of: plan).open(.work, for: plan, in: workspace)
        } catch {
            giveBack(lease)
            throw error
        }
        return try await work(in: open) {
            var lease = lease
            do {
                _ = try await open.take(&lease, as: .resume(takeOver: takeOver), in: journal)
            } catch {
                giveBack(lease)
                throw error
            }
            var machine = RunMachine(
                plan: stored.snapshot.plan, state: RunState(record: stored.record, stages: stored.stages))
            machine.note(.runResumed(by: .current(), epoch: lease.epoch, note: note), at: open.now)
            do {
                try prepare(&machine, open.now)
            } catch {
                await open.giveBackIfPossible(lease, isFinished: false)
                try journal.release(lease)
                throw error
            }
            return (machine, lease)
        }
    }

    /// Works on the run that `begin` makes or takes up, and closes the backend whatever comes of it.
    func work(
        in open: any OpenBackend, begin: () async throws -> (RunMachine, Lease)
    ) async throws -> ExitStatus {
        try await open.using { open in
            var (machine, lease) = try await begin()
            if let interval = open.pollInterval { machine.pollInterval = interval }
            if let interval = open.watchInterval { machine.watchInterval = interval }
            let presentation = options.presentation(machine.plan, journal)
            return try await RunSession(
                workspace: workspace, journal: journal, open: open, display: presentation.display,
                waitsForPeople: presentation.waitsForPeople, pace: open.isVirtual ? presentation.pace : .none
            ).work(on: machine, under: lease)
        }
    }

    private func giveBack(_ lease: Lease) {
        do { try journal.release(lease) } catch { Notices.warn("the lease was not given back: \(error)") }
    }

    /// Says how an ended run ended; the exit status is the run's.
    func tellEnd(of record: RunRecord) throws -> ExitStatus {
        let stored = try journal.load(record.id)
        let end = RunEnd(
            situation: try journal.situation(of: stored, in: workspace), isInterrupted: false,
            servers: Servers(of: stored.snapshot.plan, by: record))
        if options.json {
            StandardOutput.shared.line(try JSONText.line(end.report))
        } else {
            let style = Terminal.standardOutput.style
            for line in EndLines(end).lines(style) { StandardOutput.shared.line(line) }
        }
        return record.status.exitStatus
    }

    /// Follows a run on which another process works, until it has ended or that process has left.
    func follow(_ run: RunID) async throws -> ExitStatus {
        while true {
            let record = try journal.record(of: run)
            if record.status.isEnded { return try tellEnd(of: record) }
            guard try journal.holder(of: run) != nil else {
                let last = try journal.record(of: run)
                if last.status.isEnded { return try tellEnd(of: last) }
                throw CommandFailure(
                    .waitingForPerson,
                    "run \(run) is \(last.status.words), and nobody works on it any more; "
                        + "next: \(try journal.nextCommand(for: run, in: workspace))")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
