internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// How a command comes to a lease that another process may hold (DESIGN §4, P6).
struct LeaseTaking {
    var journal: SQLiteJournal

    /// Acquires the lease; with `takeOver`, waits until the holder has been silent for long enough.
    ///
    /// - Throws: ``CommandFailure`` where the holder speaks meanwhile, ``JournalError`` where it is alive and may not
    ///   be overtaken.
    func take(_ key: LeaseKey, for run: RunID, takeOver: Bool) async throws -> Lease {
        var before: LeaseHolder?
        var isCounting = false
        let terminal = Terminal.standardError
        defer { if isCounting, terminal.isInteractive { Notices.write("\r\u{1B}[K") } }
        while true {
            let holder: LeaseHolder
            do {
                return try journal.acquireLease(on: key, for: run, takeOver: takeOver)
            } catch {
                guard takeOver, case .leased(let other) = error.code else { throw error }
                holder = other
            }
            if let before, holder.silent < before.silent || holder.epoch != before.epoch {
                throw CommandFailure(
                    .notOurs,
                    "process \(holder.process) on \(holder.host) still works on \(holder.run): it wrote \(holder.silent.short) ago"
                )
            }
            let silent = min(holder.silent, SQLiteJournal.patienceWithHolders)
            let rest = Interval(milliseconds: SQLiteJournal.patienceWithHolders.milliseconds - silent.milliseconds)
            count(down: rest, holder, isFirst: before == nil, terminal)
            isCounting = true
            before = holder
            try await Task.sleep(for: max(min(rest, .milliseconds(500)), .milliseconds(20)).duration)
        }
    }

    private func count(down rest: Interval, _ holder: LeaseHolder, isFirst: Bool, _ terminal: Terminal) {
        let seconds = max((rest.milliseconds + 999) / 1000, 0)
        let text =
            "process \(holder.process) on \(holder.host) is silent; it is overtaken in \(seconds) s unless it speaks"
        if terminal.isInteractive {
            Notices.write("\r\u{1B}[K" + text.cut(to: terminal.columns - 1))
        } else if isFirst {
            Notices.say(text)
        }
    }
}
