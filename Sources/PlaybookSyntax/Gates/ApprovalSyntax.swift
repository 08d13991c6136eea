internal import Rollouts

extension ObjectShape {
    /// Written `approval: {required: 2, instructions: TEXT, timeout: 24h}`.
    static let approval = ObjectShape(
        "approval",
        [
            Field("required", .integer(1...20), "How many people must say yes. Default: 1."),
            Field("instructions", .text, "What they should look at."),
            Field(
                "timeout", .duration(words: ["never"], positive: true),
                "How long to wait for them. Default: 24h.",
                example: "24h"),
            Field(
                "on_timeout", .choice(Approval.TimeoutPolicy.allCases.map(\.rawValue)),
                "What becomes of the run then. Default: roll_back."),
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
