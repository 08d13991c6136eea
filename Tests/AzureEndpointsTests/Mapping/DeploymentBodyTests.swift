import AzureEndpoints
import Rollouts
import Testing

@Suite("A deployment's body")
struct DeploymentBodyTests {
    private let mapping = DeploymentMapping(workspace: WorkspaceID(subscription: "s", resourceGroup: "g", name: "w"))

    private func definition(_ members: [String: Value], count: Int = 1) -> DeploymentDefinition {
        DeploymentDefinition(
            name: "blue", endpoint: "houses", instanceType: "Standard_DS3_v2", instanceCount: count,
            document: .mapping(members))
    }

    private func properties(_ members: [String: Value]) throws -> DeploymentProperties {
        try mapping.resource(for: definition(members)).properties
    }

    @Test("has probes as ISO 8601 and request settings from milliseconds")
    func times() throws {
        var definition = definition(["readiness_probe": ["initial_delay": 5, "failure_threshold": 3]])
        definition.requestSettings = RequestSettings(
            timeout: .milliseconds(1500), maxConcurrentRequestsPerInstance: 4, maxQueueWait: .zero)
        let body = try mapping.resource(for: definition).properties
        #expect(body.readinessProbe?.initialDelay?.description == "PT5S")
        #expect(body.readinessProbe?.failureThreshold == 3)
        #expect(body.readinessProbe?.period == nil)
        #expect(body.requestSettings?.requestTimeout?.description == "PT1.5S")
        #expect(body.requestSettings?.maxQueueWait?.description == "PT0S")
        #expect(body.requestSettings?.maxConcurrentRequestsPerInstance == 4)
    }

    @Test(
        "names assets by their ids in the workspace",
        arguments: [
            ("azureml:m:1", "…/models/m/versions/1"), ("azureml:m@latest", "…/models/m/labels/latest"),
            ("azureml:/subscriptions/x", "/subscriptions/x"), ("../model", "../model"),
            ("azureml://registries/r/models/m/versions/1", "azureml://registries/r/models/m/versions/1"),
        ])
    func assets(said: String, wire: String) throws {
        let base =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
        #expect(try properties(["model": .string(said)]).model == wire.replacing("…", with: base))
        #expect(try properties(["model": ["path": .string(said)]]).model == wire.replacing("…", with: base))
    }

    @Test("a reference without a version is a problem that says what to write")
    func noVersion() {
        let problem = #expect(throws: MappingProblem.self) { try properties(["model": "azureml:m"]) }
        #expect(problem?.message == "'azureml:m' has no version; write azureml:NAME:VERSION")
    }

    @Test("has the members of Kubernetes")
    func kubernetes() throws {
        let body = try properties([
            "type": "kubernetes", "resources": ["limits": ["cpu": 2, "nvidia.com/gpu": 1]],
            "scale_settings": ["type": "target_utilization", "polling_interval": 3],
        ])
        #expect(body.endpointComputeType == "Kubernetes")
        #expect(body.containerResourceRequirements == ["containerResourceLimits": ["cpu": "2", "gpu": "1"]])
        #expect(body.scaleSettings == ["scaleType": "TargetUtilization", "pollingInterval": "PT3S"])
    }

    @Test("keeps others' tags, and takes back its own that are no longer said")
    func ownedTags() throws {
        var there = try mapping.resource(for: definition(["tags": ["a": "1", "b": "2"]]))
        there.tags?["policy"] = "by somebody else"
        let again = try mapping.resource(for: definition(["tags": ["b": "3"]]), over: there)
        #expect(again.tags == ["b": "3", "policy": "by somebody else"])
    }

    @Test("the instance count is what is there, and nothing else of the definition changes with it")
    func scaled() throws {
        let definition = definition(["instance_count": 1])
        var there = try mapping.resource(for: definition)
        there.sku?.capacity = 5
        var expected = definition
        expected.instanceCount = 5
        #expect(mapping.definition(of: there, named: "blue", endpoint: "houses") == expected)
    }

    @Test("a member that somebody else changed is the definition from then on")
    func changedByHand() throws {
        var there = try mapping.resource(for: definition(["model": "azureml:m:1", "description": "first"]))
        there.properties.requestSettings?.requestTimeout = ISO8601Duration(.seconds(60))
        there.properties.model = "/subscriptions/other"
        let found = mapping.definition(of: there, named: "blue", endpoint: "houses")
        #expect(found.requestSettings.timeout == .seconds(60))
        #expect(found.document["model"] == "azureml:/subscriptions/other")
        #expect(found.document["request_settings"] == ["request_timeout_ms": 60_000])
        #expect(found.document["description"] == "first")
    }

    @Test("defaults that the server fills in, and what others add, change nothing")
    func filledByServer() throws {
        let definition = definition(["readiness_probe": ["period": 3]])
        var there = try mapping.resource(for: definition)
        there.properties.readinessProbe = ProbeBody(
            initialDelay: ISO8601Duration(.seconds(10)), period: ISO8601Duration(.seconds(3)),
            timeout: ISO8601Duration(.seconds(2)), successThreshold: 1, failureThreshold: 30)
        there.properties.livenessProbe = ProbeBody(
            initialDelay: ISO8601Duration(.seconds(10)), period: ISO8601Duration(.seconds(10)),
            timeout: ISO8601Duration(.seconds(2)), successThreshold: 1, failureThreshold: 30)
        there.properties.egressPublicNetworkAccess = "Enabled"
        there.properties.environmentVariables = ["AML_APP_ROOT": "/var/azureml-app"]
        there.properties.properties?["azureml.onlineendpointid"] = "x"
        there.tags?["policy"] = "cost centre 7"
        #expect(mapping.definition(of: there, named: "blue", endpoint: "houses") == definition)
    }

    @Test("what somebody else wrote in the place of the applied definition says nothing")
    func rubbish() throws {
        var there = try mapping.resource(for: definition(["description": "blue"]))
        there.properties.properties?[TurnoutProperty.definition] = "{}"
        let found = mapping.definition(of: there, named: "blue", endpoint: "houses")
        #expect(found.document["description"] == "blue")
        #expect(found.document["name"] == "blue")
    }

    @Test("how its instances are made and what its files are come with it, and go when they are not said")
    func extras() throws {
        let extras = [
            TurnoutProperty.instances: #"{"simulate":{}}"#, TurnoutProperty.contents: "{}",
            TurnoutProperty.numericTolerance: "0.01",
        ]
        let there = try mapping.resource(for: definition([:]), extras: extras)
        #expect(there.properties.properties?[TurnoutProperty.instances] == #"{"simulate":{}}"#)
        #expect(there.properties.properties?[TurnoutProperty.contents] == "{}")
        #expect(there.properties.properties?[TurnoutProperty.numericTolerance] == "0.01")
        let again = try mapping.resource(for: definition([:]), over: there)
        #expect(again.properties.properties?.keys.sorted() == [TurnoutProperty.definition])
    }

    @Test("what the playbook says of the Python comes with it and comes back, and another's is another definition")
    func python() throws {
        var definition = definition([:])
        definition.python = ["version": "any"]
        var there = try mapping.resource(for: definition)
        #expect(there.properties.properties?[TurnoutProperty.python] == #"{"version":"any"}"#)
        #expect(mapping.definition(of: there, named: "blue", endpoint: "houses") == definition)
        there.properties.properties?[TurnoutProperty.python] = #"{"provider":"uv"}"#
        #expect(mapping.definition(of: there, named: "blue", endpoint: "houses").python == ["provider": "uv"])
        definition.python = nil
        let again = try mapping.resource(for: definition, over: there)
        #expect(again.properties.properties?[TurnoutProperty.python] == nil)
    }

    /// A deployment that brings all its files.
    private var local: DeploymentDefinition {
        var definition = definition([
            "model": ["path": "../model"], "environment": ["image": "busybox"],
            "code_configuration": ["code": "../code", "scoring_script": "score.py"],
        ])
        definition.folder = "/home/me"
        definition.contents = LocalContents(code: "c", environment: "e", model: "m")
        return definition
    }

    @Test("P20 what a deployment brings has the ids of its contents, and comes back with them, without its folder")
    func localAssets() throws {
        let there = try mapping.resource(for: local, assets: DeploymentAssets(code: "/subscriptions/code"))
        let ids = try mapping.resource(for: local).properties
        #expect(there.properties.codeConfiguration?.codeId == "/subscriptions/code")
        #expect(ids.environmentId?.hasSuffix("/environments/CliV2AnonymousEnvironment/versions/e") == true)
        #expect(ids.model?.hasSuffix("/versions/1") == true)
        var applied = try mapping.resource(for: local)
        applied.properties.codeConfiguration?.codeId = "/subscriptions/code"
        let found = mapping.definition(of: applied, named: "blue", endpoint: "houses")
        #expect(found == local && found.folder == nil && found.contents == local.contents)
        #expect(applied.properties.properties?.values.contains { $0.contains("/home/me") } == false)
    }

    @Test("P20 another model or environment in the place of the one that was applied is another definition")
    func otherAssets() throws {
        for change in [\DeploymentProperties.model, \.environmentId] {
            var there = try mapping.resource(for: local)
            there.properties[keyPath: change]? += "0"
            #expect(mapping.definition(of: there, named: "blue", endpoint: "houses") != local)
        }
    }

    @Test("local parts are named")
    func localParts() {
        let local = definition([
            "model": ["path": "../model"], "environment": ["image": "busybox"],
            "code_configuration": ["code": "../code", "scoring_script": "score.py"],
        ])
        #expect(
            local.localParts == [
                "code_configuration.code: ../code", "environment: image busybox", "model: path ../model",
            ])
        #expect(definition(["model": "azureml:m:1", "environment": "azureml:e:1"]).localParts.isEmpty)
    }
}
