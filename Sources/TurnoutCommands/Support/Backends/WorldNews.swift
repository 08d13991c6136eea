/// What a run's backend has to say of its own accord, while a runner works on the run.
enum WorldNews: Sendable {
    /// Clients can send to this address from now on.
    case serving(scoringURI: String)
    /// What the run's clients have met so far.
    case clients(ClientsReport)
    /// Something that a person should know, in a sentence.
    case note(String)
}
