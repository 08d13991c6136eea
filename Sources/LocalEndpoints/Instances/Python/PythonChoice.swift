internal import AzureEndpoints
package import PlaybookSyntax
package import Rollouts

/// What a playbook says under `backends.local.python`: where the Python of scoring scripts comes from.
///
/// `{program: /opt/python3.12, version: any, provider: venv}`, all of them optional, or a program alone.
package struct PythonChoice: Hashable, Sendable {
    /// The path of an interpreter, or its name in `PATH`; nil: one that fits is looked for.
    package var program: String?
    /// Whether another version than the conda file's is taken where that cannot be had.
    package var acceptsAnyVersion = false
    /// What makes environments; nil: the first that this machine has.
    package var provider: PythonProvider.Kind?

    /// The key under `backends.local`.
    package static let key = "python"

    package init() {}

    package static let shape = Shape.anyOf([
        .text,
        .object(
            ObjectShape(
                "python",
                [
                    Field(
                        "program", .text,
                        "Path of a Python interpreter, or its name in PATH. Default: one that fits the conda file.",
                        example: "/opt/bin/python3.12"),
                    Field(
                        "version", .choice(["any"]),
                        "'any' accepts a Python version other than the conda file's. Default: the conda file's version.",
                        example: "any"),
                    Field(
                        "provider", .choice(PythonProvider.Kind.allCases.map(\.rawValue)),
                        "Program that creates environments. Default: the first one that this machine has.",
                        example: "uv"),
                ])),
    ])

    /// Reads what stands at ``key`` of `reader`; nil where nothing does.
    init?(in reader: SettingsReader) throws(SettingsProblem) {
        guard let value = reader[Self.key] else { return nil }
        if value.string == nil, let parts = reader.mapping(Self.key) {
            program = parts.text("program")
            acceptsAnyVersion = parts["version"] != nil
            provider = parts.word("provider")
            guard program == nil || provider?.isConda != true else {
                throw parts.problem(
                    "program",
                    "names a Python, but \(provider?.rawValue ?? "conda") brings its own: remove one of the two")
            }
        } else {
            program = value.string
        }
        guard program?.utf8.contains(0) != true else { throw reader.problem(Self.key, "is not the path of a program") }
    }

    /// Reads the value of ``TurnoutProperty/python``.
    package init(property value: Value) throws(SettingsProblem) {
        let shape = ObjectShape("the property", [Field(Self.key, Self.shape, "")])
        let reader = try SettingsReader([Self.key: value], .object(shape), root: TurnoutProperty.python)
        self = try PythonChoice(in: reader) ?? PythonChoice()
    }

    /// With an absolute path where it has one that is relative to `folder`, the playbook's.
    package func relative(to folder: String) -> PythonChoice {
        guard let program, program.contains("/"), !program.hasPrefix("/") else { return self }
        var choice = self
        choice.program = "\(folder)/\(program)"
        return choice
    }

    /// As ``TurnoutProperty/python`` has it.
    package var value: Value {
        var members: [String: Value] = [:]
        members["program"] = program.map(Value.string)
        if acceptsAnyVersion { members["version"] = "any" }
        if let provider { members["provider"] = .string(provider.rawValue) }
        return .mapping(members)
    }
}
