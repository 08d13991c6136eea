internal import FoundationEssentials
internal import RolloutEngine
internal import RolloutService
internal import RolloutTesting
internal import Rollouts
internal import Testing

@testable import PlaybookSyntax
@testable import TurnoutCommands

@Suite("Settings of backends")
struct BackendSettingsTests {
    @Test("the schema describes every setting of every backend, with an example of every value")
    func schema() throws {
        let schema = try JSONDecoder().decode(
            Value.self, from: Data(playbookSchema(Composition.current.backends.plugins).utf8))
        let backends = schema["properties"]?["backends"]
        #expect(backends?["additionalProperties"] == false)
        for plugin in Composition.current.backends.plugins {
            let settings = try #require(backends?["properties"]?[plugin.name])
            #expect(expectDescriptions(of: plugin.settingsShape, in: settings, plugin.name) > 2)
        }
        let fault = backends?["properties"]?["local"]?["properties"]?["simulate"]?["additionalProperties"]?[
            "properties"]?["fault"]
        #expect(fault?["anyOf"] == [["enum": .list(faults)], ["$ref": "#/$defs/expression"]])
    }

    private let faults: [Value] = [
        "never_ready", "crash_after_ready", "quota", "slow", "flapping", "refuse_updating", "failing",
    ]

    /// How many settings there are in `shape`, each of which `schema` must describe.
    private func expectDescriptions(of shape: Shape, in schema: Value?, _ path: String) -> Int {
        switch shape {
        case .object(let object):
            return object.fields.reduce(0) { count, field in
                let property = schema?["properties"]?[field.key]
                let place = "\(path).\(field.key)"
                #expect(property?["description"] == .string(field.description), "\(place)")
                #expect(!field.description.isEmpty, "\(place)")
                let inner = expectDescriptions(of: field.shape, in: property, place)
                #expect(field.key == "inference_config" || inner > 0 || property?["examples"] != nil, "\(place)")
                return count + 1 + inner
            }
        case .mapping(let value, _): return expectDescriptions(of: value, in: schema?["additionalProperties"], path)
        case .list(let item, _): return expectDescriptions(of: item, in: schema?["items"], path)
        case .anyOf(let shapes):
            guard case .list(let schemas)? = schema?["anyOf"] else { return 0 }
            return zip(shapes, schemas).reduce(0) { $0 + expectDescriptions(of: $1.0, in: $1.1, path) }
        default: return 0
        }
    }

    private func findings(_ backends: String, on name: String) throws -> [Finding] {
        let selection = try Composition.current.backends.selection(named: name)
        let options = PlanOptions(
            backend: selection.plugin, among: Composition.current.backends.plugins,
            runID: RunID(playbook: "x", number: 1))
        let text = "name: x\nbackends:\n\(backends)\nstages: [{name: a, wait: {for: 1s}}]\n"
        return makePlan(of: "x.yml", options: options, files: .stored(["x.yml": Data(text.utf8)])).findings
    }

    private static let wrong = """
          local:
            simulate: {blue: {latency: {p50: fast}, erors: 1%}}
            external: {green: "ftp://x"}
          simulated: {seed: -1, durations: {scale: 1 parsec}}
          kubernetes: {namespace: Models, give_up: {after: soon}}
          azure: {workspace: 5}
          kubernets: {}
        """

    @Test("every wrong setting of every backend is found at its place, at once", arguments: ["local", "simulated"])
    func places(backend: String) throws {
        let found = try findings(Self.wrong, on: backend)
        #expect(
            found.map { "\($0.start.line):\($0.start.column) \($0.rule)" } == [
                "4:38 ValueType", "4:45 UnknownKey", "5:23 ValueType", "6:21 ValueType", "6:44 ValueType",
                "7:27 ValueType", "7:52 ValueType", "8:22 ValueType", "9:3 UnknownKey",
            ], "\(found.map { $0.rendered(color: false) }.joined(separator: "\n"))")
        #expect(found.last?.help == "did you mean 'kubernetes'?")
        #expect(found.dropFirst().first?.help == "did you mean 'errors'?")
    }

    @Test(
        "what only the backend can say is found at its key",
        arguments: [
            ("local", "  local: {python: {program: /x, provider: conda}}", 20),
            ("simulated", "  simulated: {incidents: [{at: 1s, for: 1s}]}", 27),
            ("kubernetes", "  kubernetes: {gateway: {address: \"http://x\"}}", 16),
            ("kubernetes", "  kubernetes: {metrics: {prometheus: \"ftp://x\", preset: istio}}", 26),
        ])
    func relations(backend: String, text: String, column: Int) throws {
        let found = try findings(text, on: backend)
        #expect(found.map(\.rule) == ["BackendSettings"])
        #expect(found.first?.start == Position(line: 3, column: column), "\(found)")
    }

    @Test("an input without a default, or nothing, is as good as no setting")
    func blanks() throws {
        let text = """
              local: {simulate: {blue: }, python: "", incidents: }
              simulated:
              kubernetes: {namespace: "", gateway: {name: "", address: ""}, metrics: {prometheus: "", preset: ""}}
              azure: {workspace: ""}
            """
        for plugin in Composition.current.backends.plugins {
            #expect(try findings(text, on: plugin.name).filter { $0.rule != "ServerIsKnown" } == [])
        }
    }

    @Test("whatever the settings are, they are read or reported", arguments: 0..<8 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var dice = Dice(seed: seed)
        var passed = 0
        for round in 0..<400 {
            for plugin in Composition.current.backends.plugins {
                let settings = value(of: plugin.settingsShape, &dice, isWild: round % 2 == 0)
                if plugin.problem(in: settings, kind: .managed) == nil { passed += 1 }
                _ = plugin.capabilities(of: .managed, settings: settings)
                var blue = draft(settings, of: plugin)
                plugin.read(&blue)
                _ = plugin.simulation(of: settings)
                _ = plugin.settings(in: [plugin.name: settings], among: Composition.current.backends.plugins)
            }
        }
        #expect(passed > 100)
    }

    private func draft(_ settings: Value, of plugin: any BackendPlugin) -> DeploymentDraft {
        let file = SourceFile(path: "blue.yml", data: Data())
        let node = Node(content: .mapping([]), span: .beginning)
        let context = PlaybookContext(
            plugin: plugin, capabilities: plugin.capabilities(of: .managed, settings: settings), written: nil,
            settings: settings, folder: "/", state: "/none")
        return DeploymentDraft(
            DeploymentDefinition(name: "blue", endpoint: "my-endpoint"), context: context,
            document: PlacedValue(node: node, source: file, playbook: file),
            name: Location(source: file, span: .beginning))
    }

    private static let oddities: [Value] = [
        .null, "", "0s", "10m", "1e400%", "nan%", "5%", "0.5", "20/s", "1/0", "-1/s", "off", "any", "\0", "é", "a: b",
        "99999999999999999999d", "http://x", "http://[", "unix:/x", 0, 1, -1, .integer(.max), .integer(.min),
        .number(.nan), .number(.infinity), .number(1e300), .number(-0.5), true, [], [:], [[:]], ["a": .null], ["x", 1],
    ]

    /// A value of this shape or, if it `isWild`, now and then any other.
    private func value(of shape: Shape, _ dice: inout Dice, isWild: Bool) -> Value {
        if isWild, dice.number(0...5) == 0 { return dice.one(of: Self.oddities) }
        switch shape {
        case .object(let object):
            var members: [String: Value] = [:]
            for field in object.fields where field.isRequired || dice.number(0...2) == 0 {
                members[field.key] = value(of: field.shape, &dice, isWild: isWild)
            }
            if isWild, dice.number(0...9) == 0 { members["other"] = dice.one(of: Self.oddities) }
            return .mapping(members)
        case .mapping(let element, _):
            let names = ["blue", "green", "Blue", ""].prefix(dice.number(0...(isWild ? 4 : 2)))
            return .mapping(
                names.reduce(into: [:]) { $0[$1] = value(of: element, &dice, isWild: isWild) })
        case .list(let element, _):
            return .list((0..<dice.number(1...3)).map { _ in value(of: element, &dice, isWild: isWild) })
        case .anyOf(let shapes): return value(of: dice.one(of: shapes), &dice, isWild: isWild)
        case .choice(let words): return .string(dice.one(of: words))
        case .boolean: return dice.one(of: [true, false])
        case .integer(let range): return dice.one(of: [.integer(range.lowerBound), .integer(range.upperBound)])
        case .number(let range): return dice.one(of: [.number(range.lowerBound), .number(range.upperBound)])
        case .duration: return dice.one(of: ["1ms", "10m"])
        case .fraction: return dice.one(of: ["0.5%", 1, .number(0.01)])
        case .rate: return dice.one(of: ["20/s", 5])
        default: return dice.one(of: ["a", "http://127.0.0.1:1", "500m", "x"])
        }
    }
}
