internal import AzureEndpoints
package import Rollouts
package import SimulatedEndpoints

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

    /// Reads what stands at ``key`` of `reader`; nil where nothing does.
    init?(in reader: SettingsReader) throws(SettingsProblem) {
        guard let value = reader.members[Self.key], value != .null else { return nil }
        if let program = value.string {
            guard !program.isEmpty, !program.contains("\0") else {
                throw reader.problem(Self.key, value, Self.expectedProgram)
            }
            self.program = program
            return
        }
        guard let parts = try reader.mapping(Self.key, keys: ["program", "version", "provider"]) else { return nil }
        if let program = parts.members["program"], program != .null {
            guard let text = program.string, !text.isEmpty, !text.contains("\0") else {
                throw parts.problem("program", program, Self.expectedProgram)
            }
            self.program = text
        }
        if let version = parts.members["version"], version != .null {
            guard version.string == "any" else {
                throw parts.problem(
                    "version", version,
                    "'any' is expected, which accepts another version than the conda file's; which one is wanted, the "
                        + "conda file says")
            }
            acceptsAnyVersion = true
        }
        provider = try parts.word("provider", among: PythonProvider.Kind.self)
        guard program == nil || provider?.isConda != true else {
            throw parts.problem(
                "program", "names a Python, and \(provider?.rawValue ?? "conda") brings its own: remove one of the two")
        }
    }

    /// Reads the value of ``TurnoutProperty/python``.
    package init(property value: Value) throws(SettingsProblem) {
        let reader = try SettingsReader([Self.key: value], keys: [Self.key], root: TurnoutProperty.python)
        self = try PythonChoice(in: reader) ?? PythonChoice()
    }

    private static let expectedProgram = "the path of a Python, or its name in PATH, is expected: /opt/bin/python3.12"

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
