internal import Rollouts

/// The refusals that all journals share; `path` is the journal's name in messages.
extension JournalError {
    package static func leased(by holder: LeaseHolder) -> JournalError {
        let process =
            "process \(holder.process) on \(holder.host) is alive and last wrote \(holder.silent) ago"
        // This is not the name of a run, so there is nothing to resume.
        guard holder.run != .byHand else {
            return JournalError(
                .leased(holder), "\(holder.key) is being changed manually: \(process); wait for it, or end it")
        }
        let advice =
            holder.silent >= LeaseHolder.patience
            ? "if it hangs, take over with `turnout resume \(holder.run) --take-over`"
            : "wait for it; once it has been silent for \(LeaseHolder.patience), take over with `turnout resume "
                + "\(holder.run) --take-over`"
        return JournalError(
            .leased(holder), "\(holder.key) is leased to run \(holder.run): \(process); \(advice)")
    }

    /// Another runner has taken over; `holder` is the present holder of the endpoint, if any.
    package static func overtaken(_ run: RunID, under lease: Lease, by holder: LeaseHolder?) -> JournalError {
        let now =
            holder.map {
                "\($0.key) is leased to run \($0.run), process \($0.process) on \($0.host), epoch \($0.epoch)"
            } ?? "\(lease.key) is not leased to any run"
        return JournalError(
            .fenced,
            "run \(run) lost its lease (epoch \(lease.epoch)): \(now); nothing was written, and this process "
                + "is stopping")
    }

    package static func otherEndpoint(of run: RunID, having key: String, under lease: Lease) -> JournalError {
        JournalError(.fenced, "run \(run) works on \(key), but its lease is for \(lease.key); nothing was written")
    }

    package static func exists(_ run: RunID, in path: String) -> JournalError {
        JournalError(.runExists, "\(path): run \(run) already exists; start the run again")
    }

    package static func unfinished(_ run: RunID, on endpoint: LeaseKey) -> JournalError {
        JournalError(
            .unfinishedRun(run),
            "run \(run) on \(endpoint) has not ended; finish it with `turnout resume \(run)`, or end it with "
                + "`turnout abort \(run)`")
    }

    package static func unknown(_ run: RunID, in path: String) -> JournalError {
        JournalError(.unknownRun, "\(path) has no run \(run); list its runs with `turnout runs`")
    }

    package static func noStage(at position: Int, of run: RunID, in path: String) -> JournalError {
        JournalError(.tampered, "\(path): run \(run) has no stage at position \(position)")
    }

    package static func planMismatch(_ run: RunID, in path: String) -> JournalError {
        JournalError(.tampered, "\(path): run \(run) cannot adopt a plan that does not match its record")
    }

    package static func notPending(_ request: Int, of run: RunID) -> JournalError {
        JournalError(
            .notAllowed, "request \(request) of run \(run) was already used or does not exist; nothing was written")
    }

    package static func lastEpoch(of endpoint: LeaseKey, in place: String) -> JournalError {
        JournalError(.tampered, "the epoch of \(endpoint) in \(place) was changed by something other than Turnout")
    }
}
