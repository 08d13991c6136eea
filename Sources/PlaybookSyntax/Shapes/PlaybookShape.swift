internal import Rollouts

extension ObjectShape {
    /// All of a playbook.
    static let playbook = ObjectShape(
        "a playbook",
        [
            Field(
                "name", .pattern(.playbookName), required: true, "The playbook's name, that of its file.",
                example: "safe-rollout", expressions: false),
            Field("description", .text, "What it is for, in a sentence.", expressions: false),
            Field(
                "inputs", .mapping(.object(.input)), "What a user can set with --input NAME=VALUE, by name.",
                expressions: false),
            Field("endpoint", .name, "The endpoint, where no stage defines it.", example: "my-endpoint"),
            Field("load", .object(.load), "Requests that stand for clients, where the backend has none of its own."),
            Field("backends", .object(.backends), "Settings of backends, by name; each backend says which it takes."),
            Field("stages", .list(.object(.stage), atLeast: 1), required: true, "What is done, in this order."),
        ])

    static let input = ObjectShape(
        "an input",
        [
            Field(
                "type", .choice(InputType.allCases.map(\.rawValue)), required: true, "What its value is.",
                example: "string"),
            Field("default", .any, "Its value where none is given; without a default one must be given."),
            Field("description", .text, "What it is for."),
            Field("minimum", .any, "The least value, for numbers, percents and durations."),
            Field("maximum", .any, "The greatest value, for numbers, percents and durations."),
            Field("choices", .list(.word, atLeast: 1), "The only values that are possible."),
        ])

    static let load = ObjectShape(
        "load",
        [
            Field(
                "request_file", .path, required: true, "A JSON file: the body of every request.",
                example: "samples/sample-request.json"),
            Field("rate", .rate, required: true, "Requests a second or a minute.", example: "50/s"),
        ])

    static let backends = ObjectShape(
        "backends",
        [
            Field("simulated", .mapping(.any), "Settings of the simulated backend."),
            Field(
                "local", .mapping(.any),
                "Settings of the local backend. What serves a deployment is named under simulate, command or external. A "
                    + "profile under simulate does not count for a deployment that brings code, an MLflow model or an "
                    + "inference_config, unless the profile has replaces_code: true. Default: false."),
            Field("kubernetes", .mapping(.any), "Settings of the kubernetes backend."),
            Field("azure", .mapping(.any), "Settings of the azure backend."),
        ])
}
