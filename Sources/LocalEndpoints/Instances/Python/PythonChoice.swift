internal import AzureEndpoints
package import PlaybookSyntax
package import Rollouts

/// The playbook's setting `backends.local.python`: the Python that runs scoring scripts.
///
/// Either `{program: /opt/python3.12, version: any, provider: venv}` with optional members, or only a program.
package struct PythonChoice: Hashable, Sendable {
    /// The path of an interpreter, or its name in `PATH`; nil means that a suitable one is searched.
    package var program: String?
    /// Whether a version other than the conda file's is accepted if that version is not available.
    package var acceptsAnyVersion = false
    /// The program that creates environments; nil means the first one that this machine has.
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
                        "'any' accepts versions other than the conda file's. Default: the conda file's version.",
                        example: "any"),
                    Field(
                        "provider", .choice(PythonProvider.Kind.allCases.map(\.rawValue)),
                        "Program that creates environments. Default: the first one that this machine has.",
                        example: "uv"),
                ])),
    ])

    /// Reads the setting from ``key`` of `reader`; nil if it is missing.
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

    /// Returns the choice with a relative path resolved against `folder`, the playbook's folder.
    package func relative(to folder: String) -> PythonChoice {
        guard let program, program.contains("/"), !program.hasPrefix("/") else { return self }
        var choice = self
        choice.program = "\(folder)/\(program)"
        return choice
    }

    /// The value of ``TurnoutProperty/python``.
    package var value: Value {
        var members: [String: Value] = [:]
        members["program"] = program.map(Value.string)
        if acceptsAnyVersion { members["version"] = "any" }
        if let provider { members["provider"] = .string(provider.rawValue) }
        return .mapping(members)
    }
}
