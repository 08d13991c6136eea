import AzureEndpoints
import RolloutTesting
import Rollouts
import Testing

@Suite("Definitions and the wire's bodies")
struct MappingTests {
    private let endpoints = EndpointMapping(workspace: .local)
    private let deployments = DeploymentMapping(workspace: .local)

    @Test("an endpoint's definition comes back as it went", arguments: 1...300 as ClosedRange<UInt64>)
    func endpointIdentity(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let definition = dice.endpointDefinition()
        let resource = try endpoints.resource(for: definition)
        #expect(endpoints.definition(of: try travelled(resource), named: "houses") == definition)
        let over = try endpoints.resource(for: definition, over: dice.endpointResource())
        #expect(endpoints.definition(of: try travelled(over), named: "houses") == definition)
    }

    @Test("a deployment's definition comes back as it went", arguments: 1...300 as ClosedRange<UInt64>)
    func deploymentIdentity(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let definition = dice.deploymentDefinition()
        let resource = try deployments.resource(for: definition)
        #expect(deployments.definition(of: try travelled(resource), named: "blue", endpoint: "houses") == definition)
        let over = try deployments.resource(for: definition, over: dice.deploymentResource())
        #expect(deployments.definition(of: try travelled(over), named: "blue", endpoint: "houses") == definition)
    }

    @Test("a model without a name has `az ml`'s by its files; one of another type has another, and is not that one")
    func anonymousModels() throws {
        func model(_ model: Value) throws -> String? {
            var definition = DeploymentDefinition(name: "blue", endpoint: "houses", document: ["model": model])
            definition.contents = LocalContents(model: "0123")
            return try deployments.resource(for: definition).properties.model
        }
        let usual = try #require(try model("./m"))
        #expect(usual.hasSuffix("/models/1be2e452b46d7a0d9656bbb1f768e8248eba1b75baed65f5d99eafa948899a6a/versions/1"))
        #expect(try model(["path": "./m", "type": "custom_model"]) == usual)
        let others = [
            try model(["path": "./m", "type": "mlflow_model"]), try model(["path": "./m", "type": "triton_model"]),
        ]
        #expect(Set(others + [usual]).count == 3)
    }

    @Test(
        "what another client made of an endpoint is kept when it is applied again",
        arguments: 1...300 as ClosedRange<UInt64>)
    func endpointKept(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let resource = dice.endpointResource()
        let definition = endpoints.definition(of: resource, named: "houses")
        let again = try endpoints.resource(for: definition, over: resource)
        #expect(plain(again) == plain(resource))
        #expect(endpoints.definition(of: again, named: "houses") == definition)
    }

    @Test(
        "what another client made of a deployment is kept when it is applied again",
        arguments: 1...300 as ClosedRange<UInt64>)
    func deploymentKept(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let resource = dice.deploymentResource()
        let definition = deployments.definition(of: resource, named: "blue", endpoint: "houses")
        let again = try deployments.resource(for: definition, over: resource)
        #expect(plain(again) == plain(resource))
        #expect(deployments.definition(of: again, named: "blue", endpoint: "houses") == definition)
    }

    @Test("what serves a deployment of another client is told from its body")
    func servers() throws {
        func server(_ properties: DeploymentProperties) -> String? {
            deployments.definition(
                of: DeploymentResource(properties: properties), named: "blue", endpoint: "houses"
            ).server
        }
        func id(_ path: String) -> String { ResourcePath(.local).description + "/" + path }
        let code = CodeConfiguration(codeId: id("codes/houses/versions/3"), scoringScript: "score.py")
        #expect(server(.init(codeConfiguration: code)) == "score.py of azureml:houses:3")
        #expect(
            server(.init(environmentId: id("environments/sklearn/versions/2"), codeConfiguration: code))
                == "score.py of azureml:houses:3 (registered environment sklearn:2)")
        #expect(server(.init(model: id("models/houses/versions/1"))) == "MLflow model azureml:houses:1")
        let simulated = [TurnoutProperty.instances: #"{"simulate":{}}"#]
        #expect(
            server(.init(model: id("models/houses/versions/1"), properties: simulated))
                == "simulated (latency profile of the playbook)")
        let replaced = [TurnoutProperty.instances: #"{"simulate":{"replaces_code":true}}"#]
        #expect(
            server(.init(codeConfiguration: code, properties: replaced))
                == "simulated in place of its code (replaces_code)")
    }

    @Test("what serves a deployment comes back as it was planned")
    func plannedServer() throws {
        var definition = DeploymentDefinition.blue
        definition.ownServer = .script(name: "score.py", code: "./code", environment: "Python 3.12, conda")
        let resource = try travelled(try deployments.resource(for: definition))
        let again = deployments.definition(of: resource, named: "blue", endpoint: "houses")
        #expect(again.server == "score.py of ./code (Python 3.12, conda)")
    }

    private func travelled<Body: Codable>(_ body: Body) throws -> Body {
        try JSONText.decode(Body.self, from: JSONText.encode(body))
    }

    /// Without what Turnout adds, and with nothing where there is an empty map or a description without words.
    private func plain(_ resource: EndpointResource) -> EndpointResource {
        var plain = resource
        plain.tags = plain.tags ?? [:]
        plain.properties.properties = (plain.properties.properties ?? [:]).filter { !$0.key.hasPrefix("turnout.dev/") }
        return plain
    }

    private func plain(_ resource: DeploymentResource) -> DeploymentResource {
        var plain = resource
        plain.tags = plain.tags ?? [:]
        plain.properties.properties = (plain.properties.properties ?? [:]).filter { !$0.key.hasPrefix("turnout.dev/") }
        plain.properties.environmentVariables = plain.properties.environmentVariables ?? [:]
        return plain
    }
}
