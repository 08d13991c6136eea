internal import Rollouts

extension ObjectShape {
    /// The shape of `approval: {required: 2, instructions: TEXT, timeout: 24h}`.
    static let approval = ObjectShape(
        "approval",
        [
            Field("required", .integer(1...20), "Number of people who must approve, 1 to 20. Default: 1."),
            Field("instructions", .text, "What approvers should look at before they decide."),
            Field(
                "timeout", .duration(words: ["never"], positive: true),
                "How long to wait for approvals; `never` waits without a limit. Default: 24h.",
                example: "24h"),
            Field(
                "on_timeout", .choice(Approval.TimeoutPolicy.allCases.map(\.rawValue)),
                "What happens to the run when the timeout expires. Default: roll_back."),
            Field(
                "starter_may_approve", .boolean, "Whether the person who started the run may approve. Default: true."),
            Field("group", .text, "Local group that approvers must belong to. Default: none."),
        ])
}

extension Approval {
    init?(_ node: Node) {
        guard case .mapping = node.content else { return nil }
        self.init()
        if let count = node["required"]?.scalar?.value.integer { required = count }
        instructions = node["instructions"]?.scalar?.text
        if let node = node["timeout"] { timeout = node.scalar?.text == "never" ? nil : node.interval }
        if let word = node["on_timeout"]?.scalar?.text, let policy = TimeoutPolicy(rawValue: word) {
            onTimeout = policy
        }
        if let flag = node["starter_may_approve"]?.scalar?.value.bool { starterMayApprove = flag }
        group = node["group"]?.scalar?.text
    }
}
