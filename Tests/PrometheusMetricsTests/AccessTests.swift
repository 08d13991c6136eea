import Rollouts
import Testing

@testable import PrometheusMetrics

@Suite("How a server lets its reader in")
struct AccessTests {
    @Test("tokens and passwords are named by where they are kept")
    func kept() throws {
        func credentials(_ access: [String: String], _ environment: [String: String] = [:]) throws
            -> PrometheusCredentials
        {
            try PrometheusServer(url: "https://a", access: access, environment: environment).credentials
        }
        #expect(try credentials([:]) == .none)
        #expect(try credentials(["token_env": "T"]) == .bearer(.environment("T")))
        #expect(try credentials(["token_file": "/run/t"]) == .bearer(.file("/run/t")))
        #expect(try credentials(["user": "me", "password_env": "P"]) == .basic(user: "me", .environment("P")))
        #expect(
            try credentials([:], ["TURNOUT_PROMETHEUS_TOKEN": "x"]) == .bearer(.environment("TURNOUT_PROMETHEUS_TOKEN"))
        )
        #expect(
            try credentials([:], ["TURNOUT_PROMETHEUS_USER": "me", "TURNOUT_PROMETHEUS_PASSWORD_FILE": "/p"])
                == .basic(user: "me", .file("/p")))
        // What the playbook says goes before the environment.
        #expect(try credentials(["token_env": "T"], ["TURNOUT_PROMETHEUS_TOKEN": "x"]) == .bearer(.environment("T")))
        #expect(try PrometheusServer(url: "https://a", access: ["ca_file": "/ca.pem"]).authorityFile == "/ca.pem")
    }

    @Test(
        "what is wrong is said at its key, and a secret that stands there is not repeated",
        arguments: [
            (["token_env": "eyJh.secret"], "token_env"), (["token_env": "A", "token_file": "/b"], "token_file"),
            (["token_file": "eyJh.secret"], "token_file"), (["user": "me"], "user"),
            (["password_env": "P"], "password_env"), (["password_file": "/p"], "password_file"),
            (["token_env": "T", "user": "me", "password_env": "P"], "token_env"),
            (["ca_file": "eyJh.secret"], "ca_file"),
        ] as [([String: String], String)])
    func wrong(_ access: [String: String], _ key: String) {
        let problem = #expect(throws: PrometheusServer.AccessProblem.self) {
            try PrometheusServer(url: "https://a", access: access)
        }
        #expect(problem?.key == key)
        #expect(problem?.message.contains("eyJh") == false)
    }

    @Test(
        "addresses that cannot be asked, or would be told a secret in the clear, are wrong",
        arguments: [
            ("127.0.0.1:9090", [:]), ("ftp://a", [:]), ("http://", [:]), ("http://me:pw@a", [:]), ("http://a?x=1", [:]),
            ("http://a.example", ["token_env": "T"]),
        ] as [(String, [String: String])])
    func address(_ url: String, _ access: [String: String]) {
        let problem = #expect(throws: PrometheusServer.AccessProblem.self) {
            try PrometheusServer(url: url, access: access)
        }
        #expect(problem?.key == "url")
    }
}
