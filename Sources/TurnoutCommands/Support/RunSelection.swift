internal import PlaybookSyntax
internal import RolloutEngine

/// Which run a command means.
enum RunSelection {
    /// The run that `text` names or, without it, the only one that fits.
    ///
    /// `wanted` says what kind of run the command is about, as in "no run is waiting".
    static func run(
        _ text: String?, in journal: any Journal, wanted: String, fits: (RunRecord) -> Bool
    ) throws -> RunRecord {
        if let text { return try named(text, in: journal) }
        let all = try journal.runs()
        let fitting = all.filter(fits)
        if fitting.count == 1, let only = fitting.first { return only }
        guard fitting.isEmpty else {
            throw CommandFailure(
                .usage, "\(fitting.count) runs are \(wanted); name the one that you mean:\n" + list(fitting))
        }
        guard !all.isEmpty else {
            throw CommandFailure(.usage, "there are no runs yet; `turnout run PLAYBOOK` starts one")
        }
        throw CommandFailure(.usage, "no run is \(wanted); there are:\n" + list(all))
    }

    private static func named(_ text: String, in journal: any Journal) throws -> RunRecord {
        guard let id = RunID(text) else { throw unknown(text, in: try journal.runs()) }
        do {
            return try journal.record(of: id)
        } catch  where error.code == .unknownRun {
            throw unknown(text, in: try journal.runs())
        }
    }

    private static func unknown(_ text: String, in runs: [RunRecord]) -> CommandFailure {
        guard !runs.isEmpty else {
            return CommandFailure(.usage, "there is no run '\(text)': there are none yet; `turnout run` starts one")
        }
        let near = nearest(text, among: runs.map(\.id.description))
        let hint = near.map { "did you mean '\($0)'?" } ?? "the latest are:\n" + list(runs)
        return CommandFailure(.usage, "there is no run '\(text)'; \(hint)")
    }

    private static func list(_ runs: [RunRecord]) -> String {
        let shown = runs.prefix(10).map { "  \($0.id)  \($0.status.words)\($0.reason.map { ": \($0)" } ?? "")" }
        return (shown + (runs.count > 10 ? ["  … (`turnout runs` lists all)"] : [])).joined(separator: "\n")
    }
}
