internal import Rollouts

extension ObjectShape {
    /// The shape of a playbook with settings of these backends.
    static func playbook(_ backends: [any BackendPlugin]) -> ObjectShape {
        ObjectShape(
            "a playbook",
            fields + [
                Field(
                    "backends", .object(.backends(backends)), "Settings of backends, by name."),
                Field(
                    "stages", .list(.object(.stage), atLeast: 1), required: true,
                    "Stages, in the order in which they run."),
            ])
    }

    private static let fields = [
        Field(
            "name", .pattern(.playbookName), required: true,
            "Name of the playbook, which is its file's name without the extension.",
            example: "safe-rollout", expressions: false),
        Field("description", .text, "What the playbook is for, in one sentence.", expressions: false),
        Field(
            "inputs", .mapping(.object(.input)), "Values that users set with --input NAME=VALUE, by name.",
            expressions: false),
        Field(
            "endpoint", .name, "Name of the endpoint. Default: that of the first define stage.", example: "my-endpoint"),
        Field(
            "load", .object(.load),
            "Requests that Turnout sends in place of clients, for backends without real clients."),
    ]

    static let input = ObjectShape(
        "an input",
        [
            Field(
                "type", .choice(InputType.allCases.map(\.rawValue)), required: true, "Type of the value.",
                example: "string"),
            Field("default", .any, "Value if the user sets none. An input without a default must be set."),
            Field("description", .text, "What the input is for."),
            Field("minimum", .any, "Smallest value, for integers, numbers, percentages and durations."),
            Field("maximum", .any, "Largest value, for integers, numbers, percentages and durations."),
            Field("choices", .list(.word, atLeast: 1), "Allowed values. Default: any."),
        ])

    static let load = ObjectShape(
        "load",
        [
            Field(
                "request_file", .path, required: true, "Path of a JSON file with the body of every request.",
                example: "samples/sample-request.json"),
            Field(
                "rate", .rate(), required: true,
                "Requests per second (`50/s`) or per minute (`300/m`), at most 100000 per second.", example: "50/s"),
        ])

    private static func backends(_ plugins: [any BackendPlugin]) -> ObjectShape {
        ObjectShape(
            "backends", ignoresBlanks: true,
            plugins.map { Field($0.name, $0.settingsShape, "Settings of the \($0.name) backend.") })
    }
}
