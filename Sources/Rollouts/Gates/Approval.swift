/// A person's yes, asked for before a stage acts.
package struct Approval: Hashable, Sendable, Codable {
    /// How many different people must say yes, at least 1.
    package var required: Int
    package var instructions: String?
    /// Nil is `never`.
    package var timeout: Interval?
    package var onTimeout: TimeoutPolicy
    /// False bars the person who started the run.
    package var starterMayApprove: Bool
    /// The local group that approvers must be in, if any.
    package var group: String?

    package enum TimeoutPolicy: String, Hashable, Sendable, Codable, CaseIterable {
        case rollBack = "roll_back"
        case hold
        case stop
        case goOn = "go_on"
    }

    package init(
        required: Int = 1, instructions: String? = nil, timeout: Interval? = .hours(24),
        onTimeout: TimeoutPolicy = .rollBack, starterMayApprove: Bool = true, group: String? = nil
    ) {
        self.required = required
        self.instructions = instructions
        self.timeout = timeout
        self.onTimeout = onTimeout
        self.starterMayApprove = starterMayApprove
        self.group = group
    }
}
