internal import Rollouts

extension ObjectShape {
    /// Written `approval: {required: 2, instructions: TEXT, timeout: 24h}`.
    static let approval = ObjectShape(
        "approval",
        [
            Field("required", .integer(1...20), "How many people must say yes, 1 unless it says otherwise."),
            Field("instructions", .text, "What they should look at."),
            Field(
                "timeout", .duration(words: ["never"], positive: true),
                "How long is waited for them, 24h unless it says otherwise.",
                example: "24h"),
            Field(
                "on_timeout", .choice(Approval.TimeoutPolicy.allCases.map(\.rawValue)),
                "What becomes of the run then: roll_back unless it says otherwise."),
            Field("starter_may_approve", .boolean, "False bars the person who started the run."),
            Field("group", .text, "The local group that they must be in."),
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
