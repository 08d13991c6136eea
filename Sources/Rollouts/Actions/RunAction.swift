/// Runs a program.
package struct RunAction: PlaybookAction {
    package static let kind = StageAction.Kind.run
    package static let defaultTimeout = Interval.minutes(10)
    package static let touchesEndpoint = false

    package var command: Command

    private enum CodingKeys: String, CodingKey {
        case command = "_0"
    }

    package func steps(on endpoint: EndpointSnapshot?) -> [Step] { [.run(command)] }
}

extension StageAction {
    package static func run(_ command: Command) -> StageAction { StageAction(RunAction(command: command)) }
}

/// A program that a stage runs; its arguments are never interpreted by a shell.
package struct Command: Hashable, Sendable, Codable {
    /// The program and its arguments, at least one word.
    package var words: [String]
    package var environment: [String: String]
    /// Whether running it twice is harmless, so that it is run again after a crash.
    package var idempotent: Bool
    /// The deployment that the program is about, or `nil` if none.
    package var deployment: Name?

    package init(
        words: [String], environment: [String: String] = [:], idempotent: Bool = false, deployment: Name? = nil
    ) {
        self.deployment = deployment
        self.words = words
        self.environment = environment
        self.idempotent = idempotent
    }
}
