internal import RolloutEngine
internal import RolloutService
internal import Rollouts

extension Suggestion {
    /// A clause with the command: "`turnout runs` lists all runs".
    var words: String {
        switch self {
        case .start(let playbook, let backend):
            "`turnout run \(playbook ?? "PLAYBOOK")\(backend.map(flag) ?? "")` "
                + (playbook == nil ? "starts one" : "starts it again")
        case .plan(let playbook, let backend):
            "`turnout plan \(playbook)\(flag(backend))` shows what every stage would do"
        case .listRuns: "`turnout runs` lists all runs"
        case .listEndpoints(let backend): "`turnout endpoint list\(flag(backend))` lists the endpoints"
        case .showRun(let run): "`turnout status \(run)` shows where it stands"
        case .showEndpoint(let endpoint, let backend):
            "`turnout endpoint show \(endpoint)\(flag(backend))` shows its state"
        case .setTraffic(let endpoint, let backend):
            "`turnout endpoint traffic \(endpoint) --set NAME=PERCENT\(flag(backend))` moves clients by hand"
        case .logs(let endpoint, let deployment, let backend):
            "`turnout endpoint logs \(endpoint) --deployment \(deployment)\(flag(backend))` shows its log"
        case .takeAway(let endpoint, let deployment, let backend):
            "to fix it, deploy it again with a run; to delete it, run "
                + "`turnout endpoint traffic \(endpoint) --set \(deployment)=0\(flag(backend))` and then "
                + "`turnout endpoint delete \(endpoint) --deployment \(deployment)\(flag(backend))`"
        case .step(let step, let run, let stage): step.words(of: run, stage: stage)
        }
    }
}

/// Returns ` --backend NAME`, or nothing if that backend is used by default.
func flag(_ backend: String) -> String { backend == BackendFlags.usable ? "" : " --backend \(backend)" }

extension [Suggestion] {
    /// The suggestions as a continuation of a sentence; empty if there are none.
    var words: String { isEmpty ? "" : "; " + map(\.words).joined(separator: ", ") }
}

extension NextStep {
    fileprivate func words(of run: RunID, stage: String?) -> String {
        let about = stage.map { " --stage \($0)" } ?? ""
        return switch self {
        case .follow: "`turnout status \(run) --watch` follows it"
        case .resume: "`turnout resume \(run)` continues it"
        case .takeOver: "`turnout resume \(run) --take-over` takes over from it"
        case .approve: "`turnout approve \(run)\(about)` approves \(stage ?? "it")"
        case .reject: "`turnout reject \(run)\(about)` rejects \(stage ?? "it")"
        case .abort: "`turnout abort \(run)` ends it"
        case .retry: "`turnout retry \(run)` retries it"
        case .skip: "`turnout skip \(run)\(about) --reason TEXT` skips it"
        case .succeed: "`turnout skip \(run)\(about) --succeeded --reason TEXT` counts it as done"
        case .restore: "`turnout resume \(run) --restore` restores the endpoint"
        case .adopt: "`turnout resume \(run) --adopt` adopts them"
        case .fork(let from): "`turnout retry \(run)\(from.map { " --from \($0)" } ?? "")` starts a new run"
        case .forkEdited(let from):
            "`turnout retry \(run)\(from.map { " --from \($0)" } ?? "") --adopt` starts a new run with the edited files"
        }
    }
}

extension ServiceError {
    /// The message with suggested commands.
    var text: String {
        var text = message + (message.contains("\n") && !suggestions.isEmpty ? "\n" : "")
        text += message.contains("\n") ? suggestions.map(\.words).joined(separator: ", ") : suggestions.words
        guard let situation else { return text }
        let ways = NextCommand(situation).lines(.plain, columns: .max)
        return ways.isEmpty ? text : text + "\n" + ways.joined(separator: "\n")
    }
}
