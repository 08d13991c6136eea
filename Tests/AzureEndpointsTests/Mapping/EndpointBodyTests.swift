import AzureEndpoints
import Rollouts
import Testing

@Suite("An endpoint's body")
struct EndpointBodyTests {
    private let mapping = EndpointMapping(workspace: .local)

    @Test(
        "has the auth mode in the wire's words",
        arguments: [("key", "Key"), ("aml_token", "AMLToken"), ("aad_token", "AADToken")])
    func authMode(file: String, wire: String) throws {
        let body = try mapping.resource(for: EndpointDefinition(name: "houses", authMode: file))
        #expect(body.properties.authMode?.rawValue == wire)
        #expect(body.identity == Identity(type: "SystemAssigned"))
    }

    @Test("an unknown auth mode is a problem that names the known ones")
    func unknownAuthMode() {
        let problem = #expect(throws: MappingProblem.self) {
            try mapping.resource(for: EndpointDefinition(name: "houses", authMode: "password"))
        }
        #expect(problem?.message == "auth_mode is 'password', expected one of key, aml_token, aad_token")
    }

    @Test("keeps traffic, mirror traffic, others' tags and properties")
    func kept() throws {
        let there = EndpointResource(
            location: "westeurope", tags: ["cost": "7"], identity: Identity(type: "SystemAssigned", principalId: "p"),
            properties: EndpointProperties(
                authMode: .key, properties: ["x": "y"], traffic: ["blue": 100], mirrorTraffic: ["green": 10]))
        let body = try mapping.resource(
            for: EndpointDefinition(name: "houses", document: ["tags": ["team": "a"], "description": "new"]),
            over: there)
        #expect(body.properties.traffic == ["blue": 100])
        #expect(body.properties.mirrorTraffic == ["green": 10])
        #expect(body.tags == ["cost": "7", "team": "a"])
        #expect(body.properties.properties?["x"] == "y")
        #expect(body.identity?.principalId == "p")
        #expect(body.location == "westeurope")
    }

    @Test("a description that somebody else changed is the definition from then on")
    func changedByHand() throws {
        let definition = EndpointDefinition(name: "houses", document: ["name": "houses", "description": "first"])
        var there = try mapping.resource(for: definition)
        #expect(mapping.definition(of: there, named: "houses") == definition)
        there.properties.description = "second"
        #expect(mapping.definition(of: there, named: "houses").document["description"] == "second")
    }
}
