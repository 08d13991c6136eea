package import PlaybookSyntax
package import RolloutEngine
package import Rollouts

/// Why an operation was not carried out.
package struct ServiceError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A name is unknown, or the operation is not possible for the run, the stage or the caller.
        case notPossible = "not_possible"
        /// The playbook, its inputs or its files have errors.
        case invalidPlaybook = "invalid_playbook"
        /// The plan or the endpoint has changed since the plan was made.
        case stalePlan = "stale_plan"
        /// Another runner holds the endpoint.
        case taken
        /// The run waits for a person, and no process is working on it.
        case waiting
        /// The backend refused the operation.
        case failed
        /// A state file could not be written.
        case storage
    }

    package var code: Code
    /// What is wrong, without commands.
    package var message: String
    /// What can be done instead, most likely first.
    package var suggestions: [Suggestion]
    /// The run that the error is about, for offering its next steps.
    package var situation: RunSituation?
    /// Findings in the playbook and its files.
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

/// Something to do next other than a step of the present run.
///
/// Front ends render it as a command or a link.
///
/// `on` is the backend; nil if none was chosen.
package enum Suggestion: Hashable, Sendable {
    /// Start a run, of the given playbook if there is one.
    case start(playbook: String?, on: String? = nil)
    /// Show what each stage would do.
    case plan(playbook: String, on: String)
    case listRuns
    case listEndpoints(on: String)
    case showRun(RunID)
    case showEndpoint(Name, on: String)
    /// Move clients by hand.
    case setTraffic(endpoint: Name, on: String)
    /// Read the logs of a deployment's servers.
    case logs(endpoint: Name, deployment: Name, on: String)
    /// Delete a deployment by hand, after removing its traffic.
    case takeAway(endpoint: Name, deployment: Name, on: String)
    /// A step of a run, for the given stage if there is one.
    case step(NextStep, of: RunID, stage: String? = nil)
}
