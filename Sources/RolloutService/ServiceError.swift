package import PlaybookSyntax
package import RolloutEngine
package import Rollouts

/// Why an operation was not carried out.
package struct ServiceError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// An unknown name, or an operation that the run, its stage or the caller is not in a position for.
        case notPossible = "not_possible"
        /// The playbook, its inputs or its files have errors.
        case invalidPlaybook = "invalid_playbook"
        /// The plan that was shown, or was made, is not the one that would be carried out now.
        case stalePlan = "stale_plan"
        /// Another runner has the endpoint.
        case taken
        /// The run waits for a person, and no process works on it.
        case waiting
        /// The backend refuses it.
        case failed
        /// A file of state could not be written.
        case storage
    }

    package var code: Code
    /// Sentences that say what is wrong, without what to type.
    package var message: String
    /// What can be done instead, the likeliest first.
    package var suggestions: [Suggestion]
    /// The run whose next steps are to be offered, if it is about one.
    package var situation: RunSituation?
    /// What was found in the playbook and its files.
    package var findings: [Finding] = []

    package init(
        _ code: Code, _ message: String, _ suggestions: [Suggestion] = [], situation: RunSituation? = nil,
        findings: [Finding] = []
    ) {
        self.code = code
        self.message = message
        self.suggestions = suggestions
        self.situation = situation
        self.findings = findings
    }

    package var description: String { message }
}

/// Something to do next that is no step of the run at hand; front ends render it as a command, or as a link.
///
/// `on` is the backend that it is about; nil where none was chosen.
package enum Suggestion: Hashable, Sendable {
    /// Start a run, of this playbook if one is named.
    case start(playbook: String?, on: String? = nil)
    /// Look at what each stage would do.
    case plan(playbook: String, on: String)
    case listRuns
    case listEndpoints(on: String)
    case showRun(RunID)
    case showEndpoint(Name, on: String)
    /// Move clients by hand.
    case setTraffic(endpoint: Name, on: String)
    /// Read what a deployment's servers said.
    case logs(endpoint: Name, deployment: Name, on: String)
    /// Take a deployment away by hand, its traffic first.
    case takeAway(endpoint: Name, deployment: Name, on: String)
    /// A step of a run, about a stage where one is named.
    case step(NextStep, of: RunID, stage: String? = nil)
}
