internal import FoundationEssentials
internal import Rollouts
package import SimulatedEndpoints

/// Which kind of server a deployment was told to run, where it isn't its own scoring script.
///
/// On the wire it is the deployment's property ``key``, one of `{"simulate": {PROFILE}}`, `{"command": ["prog", "arg"]}`
/// and `{"external": "http://127.0.0.1:9000"}`; beside `simulate` may stand the `incidents` of its endpoint, beside
/// `command` the `folder` of its playbook and the `files` that it names.
package enum InstanceChoice: Hashable, Sendable {
    /// A profile; with `replaces_code: true` beside its members, also in place of what the deployment brings.
    case simulate(DeploymentProfile, replacesCode: Bool = false)
    case command(Command)
    case external(ServerAddress)

    package struct Command: Hashable, Sendable {
        /// The program and its arguments.
        package var arguments: [String]
        /// Files and folders that the program needs beside those that its words name, relative to the playbook's folder.
        package var files: [String]
        /// The playbook's folder, absolute; nil where it is not known.
        package var folder: String?

        package init(_ arguments: [String], files: [String] = [], folder: String? = nil) {
            self.arguments = arguments
            self.files = files
            self.folder = folder
        }
    }

    /// In `properties.properties` of a deployment.
    package static let key = "turnout.dev/instances"

    /// Of a profile: whether it takes the place of the deployment's own server.
    static let replacesCode = "replaces_code"

    /// Beside the three.
    package static let incidents = "incidents"

    /// The words for the three, in the order in which they are listed.
    package static let words = ["simulate", "command", "external"]

    /// Reads the property's JSON.
    package init(property text: String) throws(SettingsProblem) {
        let value: Value
        do {
            value = try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch {
            throw SettingsProblem(path: "", message: "is no JSON", root: Self.key)
        }
        let reader = try SettingsReader(value, keys: Self.words + [Self.incidents, "files", "folder"], root: Self.key)
        let told = Self.words.filter { reader.members[$0] != nil }
        guard told.count == 1, let word = told.first else {
            throw SettingsProblem(
                path: "",
                message: "has \(told.isEmpty ? "none" : told.joined(separator: " and ")): one of "
                    + "simulate, command and external is expected", root: Self.key)
        }
        try self.init(word, word, in: reader)
        if case .command(var command) = self {
            command.folder = reader.members["folder"]?.string
            command.files = try Self.files(in: reader)
            self = .command(command)
        }
        if case .simulate(var profile, let replacesCode) = self {
            profile.incidents = try Incident.list(Self.incidents, in: reader)
            self = .simulate(profile, replacesCode: replacesCode)
        }
    }

    /// Reads what stands at `key` of `reader`, as `word` says.
    init(_ word: String, _ key: String, in reader: SettingsReader) throws(SettingsProblem) {
        let value = reader.members[key] ?? .null
        switch word {
        case "command":
            guard case .mapping = value else {
                self = .command(Command(try Self.command(value, key, in: reader)))
                return
            }
            let parts = try reader.mapping(key, keys: ["run", "files"])
            self = .command(
                try parts.map { reader throws(SettingsProblem) in
                    guard let words = reader.members["run"] else {
                        throw reader.problem("has no 'run', the program and its arguments: {run: [prog, arg]}")
                    }
                    return Command(try Self.command(words, "run", in: reader), files: try Self.files(in: reader))
                } ?? Command([]))
        case "external":
            guard let text = value.string else { throw reader.problem(key, value, ServerAddress.expected) }
            guard let address = ServerAddress(external: text) else {
                throw reader.problem(key, value, ServerAddress.expected)
            }
            self = .external(address)
        default:
            guard let profile = try reader.mapping(key, keys: DeploymentProfile.keys + [Self.replacesCode]) else {
                self = .simulate(DeploymentProfile())
                return
            }
            self = .simulate(try DeploymentProfile(profile), replacesCode: try profile.flag(Self.replacesCode))
        }
    }

    /// Whether it serves a deployment that brings `own`: only a simulation must say that it takes the place of that.
    func counts(beside own: OwnServer?) -> Bool {
        guard case .simulate(_, let replacesCode) = self else { return true }
        return own == nil || replacesCode
    }

    private static func files(in reader: SettingsReader) throws(SettingsProblem) -> [String] {
        guard let value = reader.members["files"], value != .null else { return [] }
        guard case .list(let items) = value else {
            throw reader.problem("files", value, "a list of files and folders is expected: [helper.py, data/]")
        }
        let paths = items.compactMap(\.string)
        guard paths.count == items.count,
            !paths.contains(where: { $0.isEmpty || $0.hasPrefix("/") || $0.contains("\0") })
        else { throw reader.problem("files", value, "paths relative to the playbook's folder are expected") }
        return paths
    }

    private static func command(_ value: Value, _ key: String, in reader: SettingsReader) throws(SettingsProblem)
        -> [String]
    {
        guard case .list(let items) = value else {
            throw reader.problem(key, value, "a list of the program and its arguments is expected: [prog, arg]")
        }
        let words = items.compactMap { item in
            item.string ?? item.integer.map { "\($0)" } ?? item.double.map { "\($0)" }
        }
        guard words.count == items.count, let program = words.first, !program.isEmpty,
            !words.contains(where: { $0.contains("\0") })
        else { throw reader.problem(key, value, "words and numbers are expected, and the program first: [prog, arg]") }
        return words
    }
}

extension ServerAddress {
    static let expected = "an address such as http://127.0.0.1:9000 or unix:/run/model.sock is expected"

    /// Of `http://HOST:PORT`, with the path of its scoring route where that isn't `/score`, or of `unix:PATH`.
    init?(external text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            // The kernel's sockaddr_un holds so many bytes.
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
