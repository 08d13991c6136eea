import AzureEndpoints
import PlaybookSyntax
import Rollouts
import SimulatedEndpoints
import Testing

@testable import LocalEndpoints

@Suite("What a deployment's instances are")
struct InstanceSettingsTests {
    @Test("each of the three is read, and gives the property from which the same is read again")
    func choices() throws {
        let settings = try LocalSettings([
            "simulate": ["blue": ["latency": ["p50": "40ms", "p99": "200ms"], "errors": "0.5%"]],
            "command": ["green": ["python3", "-m", "http.server", 8]],
            "external": ["red": "http://127.0.0.1:9000", "grey": "unix:/run/model.sock"],
        ])
        #expect(settings.choices["BLUE"] == .simulate(DeploymentProfile(errors: 0.005)))
        #expect(settings.choices["green"] == .command(.init(["python3", "-m", "http.server", "8"])))
        #expect(settings.choices["red"] == .external(ServerAddress(.tcp(host: "127.0.0.1", port: 9000))))
        #expect(settings.choices["grey"] == .external(ServerAddress(.unix(path: "/run/model.sock"))))
        for name in ["blue", "green", "red", "grey"] as [Name] {
            let serving = try #require(settings.serving(name))
            #expect(try InstanceChoice(property: JSONText.line(serving)) == settings.choices[name])
        }
        #expect(settings.serving("other") == nil)
        #expect(settings.serving("green") == ["command": ["python3", "-m", "http.server", "8"]])
        #expect(try LocalSettings(["command": ["a": ["b", .number(1.5)]]]).serving("a") == ["command": ["b", "1.5"]])
        let needing = try LocalSettings(["command": ["a": ["run": ["python3", "srv.py"], "files": ["data/"]]]])
        #expect(needing.serving("a") == ["command": ["python3", "srv.py"], "files": ["data/"]])
        for wrong in [["files": ["x"]], ["run": ["a"], "files": ["/x"]], ["run": ["a"], "file": ["x"]]] as [Value] {
            #expect(throws: SettingsProblem.self) { try LocalSettings(["command": ["a": wrong]]) }
        }
        #expect(try LocalSettings(.null) == LocalSettings())
    }

    @Test(
        "a simulation serves a deployment that brings its own server only if its profile replaces that",
        arguments: [
            .script(name: "score.py", code: "./code", environment: nil), .mlflowModel("./model"),
            .container(image: nil),
        ] as [OwnServer])
    func ownServers(own: OwnServer) throws {
        let settings = try LocalSettings([
            "simulate": ["blue": ["errors": "1%"], "green": ["replaces_code": true], "grey": ["replaces_code": false]],
            "command": ["red": ["./serve.sh"]], "external": ["white": "http://127.0.0.1:9000"],
        ])
        #expect(settings.serving("blue", bringing: own) == nil)
        #expect(settings.serving("grey", bringing: own) == nil)
        #expect(settings.serving("blue") == ["simulate": ["errors": "1%"]])
        #expect(settings.serving("green", bringing: own) == ["simulate": ["replaces_code": true]])
        #expect(settings.serving("red", bringing: own) == ["command": ["./serve.sh"]])
        #expect(settings.serving("white", bringing: own) == ["external": "http://127.0.0.1:9000"])
        let property = #"{"simulate": {"replaces_code": true}, "incidents": [{"at": 1, "for": 1, "errors": 1}]}"#
        #expect(try InstanceChoice(property: property).counts(beside: own))
        #expect(try !InstanceChoice(property: #"{"simulate": {}}"#).counts(beside: own))
    }

    @Test("incidents go to every simulated deployment, over the wire too")
    func incidents() throws {
        let settings = try LocalSettings([
            "simulate": ["blue": [:]], "command": ["green": ["a"]],
            "incidents": [["at": "5m", "for": "2m", "errors": "20%"]],
        ])
        let incident = Incident(begin: .minutes(5), length: .minutes(2), trouble: Trouble(errors: 0.2))
        #expect(settings.choices["blue"] == .simulate(DeploymentProfile(incidents: [incident])))
        for name in ["blue", "green"] as [Name] {
            let serving = try #require(settings.serving(name))
            #expect(try InstanceChoice(property: JSONText.line(serving)) == settings.choices[name])
        }
    }

    @Test("a mistake is reported with its place and what would be right")
    func problems() {
        func problem(_ value: Value) -> String {
            do {
                _ = try LocalSettings(value)
                return "none"
            } catch {
                return error.description
            }
        }
        #expect(problem(["simulat": [:]]).hasPrefix("backends.local.simulat is wrong: unknown key 'simulat'"))
        #expect(
            problem(["simulate": ["blue": [:]], "external": ["Blue": "http://127.0.0.1:1"]])
                == "backends.local.external.Blue names a deployment that simulate.blue already names: "
                + "list it only once")
        #expect(
            problem(["command": ["a": ["b"]], "incidents": [["at": 0, "for": 1, "errors": 1]]])
                == "backends.local.incidents applies to simulated deployments, but simulate names none")
        #expect(problem(["users": ["count": 10]]).hasPrefix("backends.local.users is wrong: unknown key"))
        #expect(
            problem(["simulate": ["a": [:]], "incidents": [["at": 0, "errors": 1]]])
                .hasPrefix("backends.local.incidents.0 is wrong: an incident has no 'for'"))
        #expect(
            problem(["simulate": ["a": ["replaces_code": "yes"]]])
                == "backends.local.simulate.a.replaces_code is wrong: replaces_code must be true or false, not 'yes'")
        #expect(problem(["external": ["a": "ftp://x"]]).contains("http://127.0.0.1:9000 or unix:"))
        #expect(problem(["external": ["a": 9000]]).hasPrefix("backends.local.external.a is wrong: 'a' cannot be"))
        #expect(problem(["external": ["a": ""]]).hasPrefix("backends.local.external.a is wrong"))
        #expect(problem(["command": ["a": "python3 server.py"]]).contains("'a' must be a list or a mapping"))
        #expect(problem(["command": ["a": []]]).contains("'a' is empty"))
        #expect(problem(["command": ["a": ["", "b"]]]).hasPrefix("backends.local.command.a is not a command"))
        #expect(
            problem(["simulate": ["a": ["latency": ["p50": "fast"]]]])
                .hasPrefix("backends.local.simulate.a.latency.p50 is wrong: p50: 'fast'"))
    }

    @Test("a simulated world has the profiles and incidents of the local one, unless it has its own")
    func simulation() {
        let local: Value = [
            "simulate": ["blue": ["errors": "1%", "replaces_code": true], "green": [:]],
            "incidents": [["at": "5m", "for": "1m", "errors": "1%"]],
        ]
        func shared(_ simulated: Value) -> Value {
            let plugins: [any BackendPlugin] = [LocalPlugin(serve: []), SimulatedPlugin()]
            return SimulatedPlugin().settings(in: ["local": local, "simulated": simulated], among: plugins)
        }
        let seeded = shared(["seed": 4])
        #expect(seeded["seed"] == 4 && seeded["incidents"] == local["incidents"])
        #expect(seeded["simulate"] == ["blue": ["errors": "1%"], "green": [:]])
        #expect(shared(.null)["simulate"] == seeded["simulate"])
        #expect(shared(["simulate": [:]]) == ["simulate": [:]])
    }

    @Test(
        "a property that says none, two or nonsense is refused",
        arguments: ["{}", "[]", "no", #"{"command":["a"],"simulate":{}}"#, #"{"external":"https://a"}"#])
    func properties(text: String) {
        #expect(throws: SettingsProblem.self) { try InstanceChoice(property: text) }
    }

    @Test("addresses", arguments: ["http://127.0.0.1:9000/model/score", "http://[::1]:80/", "http://localhost"])
    func addresses(text: String) throws {
        let address = try #require(ServerAddress(external: text))
        switch text {
        case "http://localhost": #expect(address == ServerAddress(.tcp(host: "localhost", port: 80)))
        case "http://[::1]:80/": #expect(address == ServerAddress(.tcp(host: "::1", port: 80)))
        default: #expect(address.scoringPath == "/model/score")
        }
    }
}
