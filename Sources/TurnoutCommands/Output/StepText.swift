internal import RolloutEngine
internal import Rollouts
internal import Support

extension Step {
    /// What the step does, as a fragment.
    var words: String {
        switch self {
        case .change(let change): "\(change)"
        case .invoke(let invocation):
            "\(invocation.times.counted("request")) to "
                + (invocation.deployment?.text ?? "the endpoint")
        case .run(let command): "run \(command.words.joined(separator: " "))"
        }
    }

    /// What the run waits for during the step, as a fragment.
    var waitingText: String {
        switch self {
        case .change(let change): "\(change) to be observed"
        case .invoke(let invocation): "the answers of \(invocation.deployment?.text ?? "the endpoint")"
        case .run(let command): "the program \(command.words.first ?? "") to finish"
        }
    }
}
