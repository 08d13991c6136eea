internal import Rollouts

extension ObjectShape {
    /// The shape of a stage: its name, one action, and what must hold before the next stage.
    static let stage = ObjectShape(
        "a stage", oneOf: ActionReader.words,
        [
            Field(
                "name", .pattern(.stageName), required: true,
                "Name of the stage, unique in the playbook: lowercase letters, digits and hyphens.",
                example: "deploy-green",
                expressions: false),
            Field(
                "when", .condition, "Condition. If it is false, the stage is skipped. Default: true.",
                example: "${{ backend.mirroring }}"),
            Field("approval", .object(.approval), "Approval that the stage needs before it acts."),
            Field(
                "for", .duration(),
                "How long the stage bakes after its action, while the endpoint is watched. Default: 0s.",
                example: "10m"),
            Field(
                "timeout", .duration(positive: true),
                "Longest duration of one attempt of the action. Default: 1h for define, deploy and scale; 30m for traffic, "
                    + "mirror_traffic and delete; 10m for invoke and run.",
                example: "30m"),
            Field("retry", .object(.retry), "Further attempts if the action fails. Default: none."),
            Field(
                "on_failure", .choice(FailurePolicy.allCases.map(\.rawValue)),
                "What happens to the run when the last attempt fails. Default: roll_back."),
            Field(
                "analysis", .object(.analysis),
                "Analysis of live requests that decides whether and when the next stage begins."),
        ] + ActionReader.syntaxes.map(\.field))

    static let retry = ObjectShape(
        "retry",
        [
            Field("attempts", .integer(1...100), "Number of attempts in all, 1 to 100. Default: 1.", example: "3"),
            Field(
                "backoff", .duration(),
                "Wait before the second attempt; it doubles with each attempt, up to 1h. Default: 10s.", example: "10s"),
        ])
}
