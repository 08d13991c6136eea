import Foundation
import Rollouts
import Testing

@Suite("What serves a deployment, in words")
struct OwnServerTests {
    private static let script = OwnServer.script(name: "score.py", code: "./code", environment: "Python 3.12, conda")

    @Test(
        "its own server, unless the playbook names another",
        arguments: [
            (nil, script, "score.py of ./code (Python 3.12, conda)"),
            (nil, .script(name: "score.py", code: "azureml:code:3", environment: nil), "score.py of azureml:code:3"),
            (nil, .mlflowModel("./model"), "MLflow model ./model"),
            (nil, .container(image: "mine:1"), "container mine:1"),
            (nil, nil, nil),
            (["command": ["./serve.sh", "--fast"]], script, "./serve.sh --fast"),
            (["external": "http://127.0.0.1:9000"], .mlflowModel("m"), "http://127.0.0.1:9000"),
            (["simulate": [:]], nil, "simulated (latency profile of the playbook)"),
            (["simulate": .null], nil, "simulated (latency profile of the playbook)"),
            (["simulate": ["replaces_code": true]], nil, "simulated (latency profile of the playbook)"),
            (["simulate": ["replaces_code": true]], script, "simulated in place of its code (replaces_code)"),
            (
                ["simulate": ["replaces_code": true]], .mlflowModel("m"),
                "simulated in place of its MLflow model (replaces_code)"
            ),
        ] as [(Value?, OwnServer?, String?)])
    func words(serving: Value?, own: OwnServer?, expected: String?) {
        let green = DeploymentDefinition(name: "green", endpoint: "houses", serving: serving, ownServer: own)
        #expect(green.server == expected)
    }

    @Test("it travels with the definition, and makes no other of it")
    func uncompared() throws {
        let plain = DeploymentDefinition(name: "green", endpoint: "houses")
        var green = plain
        green.ownServer = Self.script
        #expect(green == plain && green.hashValue == plain.hashValue)
        let again = try JSONDecoder().decode(DeploymentDefinition.self, from: JSONEncoder().encode(green))
        #expect(again.ownServer == Self.script)
        let without = try JSONDecoder().decode(DeploymentDefinition.self, from: JSONEncoder().encode(plain))
        #expect(without.ownServer == nil)
    }
}
