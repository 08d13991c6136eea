internal import FoundationEssentials
package import PlaybookSyntax
internal import Rollouts
package import SimulatedEndpoints

/// The server that a playbook chooses for a deployment, instead of the deployment's own scoring script.
///
/// On the wire it is the deployment's property ``key``: one of `{"simulate": {PROFILE}}`,
/// `{"command": ["prog", "arg"]}` and `{"external": "http://127.0.0.1:9000"}`. With `simulate`, the property may also
/// contain the `incidents` of the endpoint; with `command`, the `folder` of the playbook and the `files` to include.
package enum InstanceChoice: Hashable, Sendable {
    /// A simulation; with `replaces_code: true` in the profile, it also replaces a server that the deployment brings.
    case simulate(DeploymentProfile, replacesCode: Bool = false)
    case command(Command)
    case external(ServerAddress)

    package struct Command: Hashable, Sendable {
        /// The program and its arguments.
        package var arguments: [String]
        /// Additional files and folders that the program needs, relative to the playbook's folder.
        package var files: [String]
        /// The absolute path of the playbook's folder; nil if it is unknown.
        package var folder: String?

        package init(_ arguments: [String], files: [String] = [], folder: String? = nil) {
            self.arguments = arguments
            self.files = files
            self.folder = folder
        }
    }

    /// The key in `properties.properties` of a deployment.
    package static let key = "turnout.dev/instances"

    /// The key in a profile that makes it replace the deployment's own server.
    static let replacesCode = "replaces_code"

    /// The keys of the three choices, in display order.
    package static let words = ["simulate", "command", "external"]

    /// Reads the property's JSON.
    package init(property text: String) throws(SettingsProblem) {
        let value: Value
        do {
            value = try JSONReader.value(text.utf8).normalizedByJSON
        } catch {
            throw SettingsProblem(path: [], message: "is not valid JSON", root: Self.key)
        }
        let reader = try SettingsReader(value, .object(Self.property), root: Self.key)
        let given = Self.words.filter { reader.members[$0] != nil }
        guard given.count == 1, let word = given.first else {
            throw reader.problem(
                nil,
                "has \(given.isEmpty ? "none" : given.joined(separator: " and ")): expected one of "
                    + "simulate, command and external")
        }
        try self.init(word, word, in: reader)
        if case .command(var command) = self {
            command.folder = reader.text("folder")
            command.files = reader.texts("files")
            self = .command(command)
        }
        if case .simulate(var profile, let replacesCode) = self {
            profile.incidents = try Incident.list(in: reader)
            self = .simulate(profile, replacesCode: replacesCode)
        }
    }

    /// Reads the choice `word` from `key` of `reader`.
    init(_ word: String, _ key: String, in reader: SettingsReader) throws(SettingsProblem) {
        switch word {
        case "command":
            let parts = if case .mapping = reader[key] { reader.mapping(key) } else { nil as SettingsReader? }
            let arguments = parts?.texts("run") ?? reader.texts(key)
            guard arguments.first?.isEmpty == false, !arguments.contains(where: { $0.utf8.contains(0) }) else {
                throw reader.problem(key, "is not a command: give the program first, [prog, arg]")
            }
            self = .command(Command(arguments, files: parts?.texts("files") ?? []))
        case "external":
            guard let address = reader.text(key).flatMap(ServerAddress.init(external:)) else {
                throw reader.problem(key, "is empty: \(ServerAddress.expected)")
            }
            self = .external(address)
        default:
            guard let profile = reader.mapping(key) else {
                self = .simulate(DeploymentProfile())
                return
            }
            self = .simulate(
                try DeploymentProfile(profile), replacesCode: profile.flag(Self.replacesCode) ?? false)
        }
    }

    /// Whether the choice applies to a deployment that brings `own`.
    ///
    /// Commands and external servers always apply; a simulation does so only if it sets `replaces_code`.
    func counts(beside own: OwnServer?) -> Bool {
        guard case .simulate(_, let replacesCode) = self else { return true }
        return own == nil || replacesCode
    }

    /// The shape of a deployment's setting under one of ``words``.
    static func shape(of word: String) -> Shape {
        switch word {
        case "command":
            .anyOf([
                arguments,
                .object(
                    ObjectShape(
                        "a command",
                        [
                            Field(
                                "run", arguments, required: true, "The program and its arguments.",
                                example: "[python3, server.py]"),
                            Field("files", files, "Additional files and folders that it needs.", example: "[data/]"),
                        ])),
            ])
        case "external": .pattern(ServerAddress.pattern)
        default: .object(profile)
        }
    }

    private static let profile = DeploymentProfile.shape(with: [
        Field(
            replacesCode, .boolean,
            "Simulate the deployment even if it brings code, an MLflow model or an inference_config. Default: false.",
            example: "true")
    ])

    private static let arguments = Shape.list(.word, atLeast: 1)

    private static let files = Shape.list(
        .pattern(
            TextPattern(
                expression: "^[^/].*$", help: "give paths relative to the playbook's folder: [helper.py, data/]",
                longest: 4096
            ) { $0.first != UInt8(ascii: "/") && !$0.contains(0) }))

    /// The shape of the property, which allows fewer forms than a playbook.
    private static let property = ObjectShape(
        "the property",
        [
            Field("simulate", .object(profile), ""), Field("command", arguments, ""),
            Field("external", shape(of: "external"), ""), Field(Incident.key, Incident.shape, ""),
            Field("files", files, ""), Field("folder", .text, ""),
        ])
}

extension ServerAddress {
    static let expected = "give an address such as http://127.0.0.1:9000 or unix:/run/model.sock"

    static let pattern = TextPattern(expression: "^(http://|unix:/).+$", help: expected, longest: 4096) {
        ServerAddress(external: String(Substring($0))) != nil
    }

    /// Parses `unix:PATH`, or `http://HOST:PORT` with an optional scoring path; the default path is `/score`.
    init?(external text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            // The kernel's sockaddr_un limits the length of the path.
            guard path.hasPrefix("/"), path.utf8.count < 104 else { return nil }
            self.init(.unix(path: String(path)))
            return
        }
        guard let url = URL(string: text), url.scheme == "http", let host = url.host(), !host.isEmpty,
            url.query() == nil, url.user() == nil, (1...65535).contains(url.port ?? 80)
        else { return nil }
        let path = url.path()
        self.init(
            .tcp(host: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, port: url.port ?? 80),
            scoringPath: path.isEmpty || path == "/" ? "/score" : path)
    }
}
