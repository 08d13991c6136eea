/// An approval that people must give before a stage acts.
package struct Approval: Hashable, Sendable, Codable {
    /// The number of different people who must approve; at least 1.
    package var required: Int
    package var instructions: String?
    /// `nil` means `never`.
    package var timeout: Interval?
    package var onTimeout: TimeoutPolicy
    /// Whether the person who started the run counts as an approver.
    package var starterMayApprove: Bool
    /// The local group that approvers must be members of, if any.
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
