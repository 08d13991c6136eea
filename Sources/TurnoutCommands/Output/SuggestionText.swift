internal import RolloutEngine
internal import RolloutService
internal import Rollouts

extension Suggestion {
    /// As a clause with the command to type: "`turnout runs` lists all runs".
    var words: String {
        switch self {
        case .start(let playbook, let backend):
            "`turnout run \(playbook ?? "PLAYBOOK")\(backend.map(flag) ?? "")` starts \(playbook == nil ? "one" : "it anew")"
        case .plan(let playbook, let backend):
            "`turnout plan \(playbook)\(flag(backend))` shows what every stage would do"
        case .listRuns: "`turnout runs` lists all runs"
        case .listEndpoints(let backend): "`turnout endpoint list\(flag(backend))` shows which endpoints there are"
        case .showRun(let run): "`turnout status \(run)` shows where it stands"
        case .showEndpoint(let endpoint, let backend):
            "`turnout endpoint show \(endpoint)\(flag(backend))` shows how far it is"
        case .setTraffic(let endpoint, let backend):
            "`turnout endpoint traffic \(endpoint) --set NAME=PERCENT\(flag(backend))` moves clients by hand"
        case .logs(let endpoint, let deployment, let backend):
            "`turnout endpoint logs \(endpoint) --deployment \(deployment)\(flag(backend))` shows what its servers said"
        case .takeAway(let endpoint, let deployment, let backend):
            "a run that deploys it anew mends it, or `turnout endpoint traffic \(endpoint) --set \(deployment)=0\(flag(backend))` and then "
                + "`turnout endpoint delete \(endpoint) --deployment \(deployment)\(flag(backend))` take it away"
        case .step(let step, let run, let stage): step.words(of: run, stage: stage)
        }
    }
}

/// `--backend NAME`, behind a space, where the backend is not the one that is used without.
func flag(_ backend: String) -> String { backend == BackendFlags.usable ? "" : " --backend \(backend)" }

extension [Suggestion] {
    /// Behind a sentence; empty where nothing is suggested.
    var words: String { isEmpty ? "" : "; " + map(\.words).joined(separator: ", ") }
}

extension NextStep {
    fileprivate func words(of run: RunID, stage: String?) -> String {
        let about = stage.map { " --stage \($0)" } ?? ""
        return switch self {
        case .follow: "`turnout status \(run) --watch` follows it"
        case .resume: "`turnout resume \(run)` goes on with it"
        case .takeOver: "`turnout resume \(run) --take-over` takes its place"
        case .approve: "`turnout approve \(run)\(about)` approves \(stage ?? "it")"
        case .reject: "`turnout reject \(run)\(about)` rejects \(stage ?? "it")"
        case .abort: "`turnout abort \(run)` ends it"
        case .retry: "`turnout retry \(run)` tries again"
        case .skip: "`turnout skip \(run)\(about) --reason TEXT` goes on without it"
        case .succeed: "`turnout skip \(run)\(about) --succeeded --reason TEXT` counts it as done"
        case .restore: "`turnout resume \(run) --restore` brings the endpoint back"
        case .adopt: "`turnout resume \(run) --adopt` adopts them"
        case .fork(let from): "`turnout retry \(run)\(from.map { " --from \($0)" } ?? "")` starts a new run"
        case .forkEdited(let from):
            "`turnout retry \(run)\(from.map { " --from \($0)" } ?? "") --adopt` starts a new run with the edited files"
        }
    }
}

extension ServiceError {
    /// The message, and what to type instead.
    var text: String {
        var text = message + (message.contains("\n") && !suggestions.isEmpty ? "\n" : "")
        text += message.contains("\n") ? suggestions.map(\.words).joined(separator: ", ") : suggestions.words
        guard let situation else { return text }
        let ways = NextCommand(situation).lines(.plain, columns: .max)
        return ways.isEmpty ? text : text + "\n" + ways.joined(separator: "\n")
    }
}
