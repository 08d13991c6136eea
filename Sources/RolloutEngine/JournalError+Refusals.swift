internal import Rollouts

/// What every journal refuses in the same words; `path` is how it calls itself.
extension JournalError {
    package static func leased(by holder: LeaseHolder) -> JournalError {
        let process =
            "process \(holder.process) on \(holder.host) is alive and wrote \(holder.silent) ago"
        // No run goes by that name, so that there is none to resume.
        guard holder.run != .byHand else {
            return JournalError(
                .leased(holder), "\(holder.key) is changed by hand now: \(process); wait for it, or end that process")
        }
        let advice =
            holder.silent >= LeaseHolder.patience
            ? "if it hangs, type `turnout resume \(holder.run) --take-over`"
            : "wait for it; once it has been silent for \(LeaseHolder.patience), `turnout resume \(holder.run) "
                + "--take-over` takes its place"
        return JournalError(
            .leased(holder), "\(holder.key) is held by run \(holder.run): \(process); \(advice)")
    }

    /// `holder` is who has the endpoint instead, if anybody does.
    package static func overtaken(_ run: RunID, under lease: Lease, by holder: LeaseHolder?) -> JournalError {
        let now =
            holder.map {
                "\($0.key) is held by run \($0.run), process \($0.process) on \($0.host), epoch \($0.epoch)"
            } ?? "nobody holds \(lease.key)"
        return JournalError(
            .fenced,
            "run \(run) was overtaken while it had epoch \(lease.epoch): \(now); nothing was written, and this process "
                + "leaves")
    }

    package static func otherEndpoint(of run: RunID, having key: String, under lease: Lease) -> JournalError {
        JournalError(.fenced, "run \(run) has \(key), not \(lease.key); nothing was written")
    }

    package static func exists(_ run: RunID, in path: String) -> JournalError {
        JournalError(.runExists, "\(path): there is a run \(run) already; start it again")
    }

    package static func unfinished(_ run: RunID, on endpoint: LeaseKey) -> JournalError {
        JournalError(
            .unfinishedRun(run),
            "\(endpoint) is in the middle of run \(run); type `turnout resume \(run)` to finish it, or "
                + "`turnout abort \(run)`")
    }

    package static func unknown(_ run: RunID, in path: String) -> JournalError {
        JournalError(.unknownRun, "\(path) has no run \(run); `turnout runs` lists those that it has")
    }

    package static func noStage(at position: Int, of run: RunID, in path: String) -> JournalError {
        JournalError(.tampered, "\(path): run \(run) has no stage at position \(position)")
    }

    package static func adoptsOtherPlan(_ run: RunID, in path: String) -> JournalError {
        JournalError(.tampered, "\(path): run \(run) was to adopt another plan than its record names")
    }

    package static func notPending(_ request: Int, of run: RunID) -> JournalError {
        JournalError(
            .notAllowed, "request \(request) of run \(run) was used already, or never made; nothing was written")
    }

    package static func lastEpoch(of endpoint: LeaseKey, in place: String) -> JournalError {
        JournalError(.tampered, "the epoch of \(endpoint) in \(place) was changed by other means than Turnout")
    }
}
