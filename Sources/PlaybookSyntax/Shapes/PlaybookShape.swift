internal import Rollouts

extension ObjectShape {
    /// All of a playbook, which may have settings of these backends.
    static func playbook(_ backends: [any BackendPlugin]) -> ObjectShape {
        ObjectShape(
            "a playbook",
            fields + [
                Field(
                    "backends", .object(.backends(backends)), "Settings of backends, by name."),
                Field("stages", .list(.object(.stage), atLeast: 1), required: true, "What is done, in this order."),
            ])
    }

    private static let fields = [
        Field(
            "name", .pattern(.playbookName), required: true, "The playbook's name, that of its file.",
            example: "safe-rollout", expressions: false),
        Field("description", .text, "What it is for, in a sentence.", expressions: false),
        Field(
            "inputs", .mapping(.object(.input)), "What a user can set with --input NAME=VALUE, by name.",
            expressions: false),
        Field("endpoint", .name, "The endpoint, where no stage defines it.", example: "my-endpoint"),
        Field("load", .object(.load), "Requests that stand for clients, where the backend has none of its own."),
    ]

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
            Field("rate", .rate(), required: true, "Requests a second or a minute.", example: "50/s"),
        ])

    private static func backends(_ plugins: [any BackendPlugin]) -> ObjectShape {
        ObjectShape(
            "backends", takesBlanks: true,
            plugins.map { Field($0.name, $0.settingsShape, "Settings of the \($0.name) backend.") })
    }
}
