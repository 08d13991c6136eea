internal import Rollouts

extension ObjectShape {
    /// A stage: its name, one action, and what must hold before it is left.
    static let stage = ObjectShape(
        "a stage", oneOf: ActionReader.words,
        [
            Field(
                "name", .pattern(.stageName), required: true, "Unique in the playbook.", example: "deploy-green",
                expressions: false),
            Field(
                "when", .condition, "The stage is skipped where this is false.",
                example: "${{ backend.mirroring }}"),
            Field("approval", .object(.approval), "People who must say yes before the stage acts."),
            Field("for", .duration(), "How long the stage is held and watched after its action.", example: "10m"),
            Field(
                "timeout", .duration(positive: true), "How long one attempt of the action may take.",
                example: "30m"),
            Field("retry", .object(.retry), "How often the action is tried."),
            Field(
                "on_failure", .choice(FailurePolicy.allCases.map(\.rawValue)),
                "What becomes of the run when the stage fails for good. Default: roll_back."),
            Field("analysis", .object(.analysis), "Live evidence that decides when the stage is left, and whether."),
        ] + ActionReader.syntaxes.map(\.field))

    static let retry = ObjectShape(
        "retry",
        [
            Field("attempts", .integer(1...100), "How often it is tried in all.", example: "3"),
            Field("backoff", .duration(), "The wait before the second attempt; it doubles each time.", example: "10s"),
        ])
}
