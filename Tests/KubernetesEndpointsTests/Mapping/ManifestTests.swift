import RolloutTesting
import Rollouts
import Testing

@testable import KubernetesEndpoints

@Suite("Objects of a deployment")
struct ManifestTests {
    private func container(_ object: KubernetesObject) -> Value {
        object["spec", "template", "spec", "containers"]?.list?.first ?? .null
    }

    @Test("a Deployment has its labels, annotations, count and image")
    func deployment() throws {
        let object = try manifest(.sample("blue", instances: 2)).deployment(by: .sample)
        #expect(object.name == "houses-blue")
        #expect(object.labels["app.kubernetes.io/name"] == "houses")
        #expect(object.labels["app.kubernetes.io/instance"] == "houses-blue")
        #expect(object.labels["app.kubernetes.io/managed-by"] == "turnout")
        #expect(object.annotations["turnout.dev/run"] == "safe-rollout-1")
        #expect(object.annotations["turnout.dev/stage"] == "canary")
        #expect(object.annotations["turnout.dev/epoch"] == "3")
        #expect(object.annotations["turnout.dev/plan"] == "abc")
        #expect(object["spec", "replicas"] == 2)
        #expect(container(object)["image"] == "registry.local/houses:1")
    }

    @Test("what an object keeps of itself has no variable's value and no path of this machine, and reads back the same")
    func hidden() throws {
        var definition = DeploymentDefinition.sample(
            "blue", ["environment_variables": ["PASSWORD": "s3cret-word", "WORKERS": 2, "FAST": true]])
        definition.folder = "/home/alice/models"
        let object = try manifest(definition).deployment(by: .sample)
        #expect(container(object)["env"]?.list?.contains(["name": "PASSWORD", "value": "s3cret-word"]) == true)
        for text in object.annotations.values {
            #expect(!text.contains("s3cret-word") && !text.contains("/home/alice"), "\(text)")
        }
        let reading = DeploymentReading(
            objects: DeploymentObjects(deployment: object), name: "blue", endpoint: "houses", giveUp: .init(),
            now: Timestamp(milliseconds: 0))
        var expected = definition
        expected.folder = nil
        #expect(reading.definition == expected)
        #expect(reading.definition == definition && reading.definition != .green)
    }

    @Test("an object is applied again with the values that are there, and one that was changed stays drift")
    func again() throws {
        let definition = DeploymentDefinition.sample("blue", ["environment_variables": ["A": "1", "B": "2"]])
        var object = try manifest(definition).deployment(by: .sample)
        object["spec", "template", "spec", "containers"] = .list(
            (object["spec", "template", "spec", "containers"]?.list ?? []).map {
                var container = $0
                container[path: ["env"]] = [["name": "A", "value": "changed"], ["name": "B", "value": "2"]]
                return container
            })
        let again = try object.asApplied(by: .sample) { $0[path: ["replicas"]] = 7 }
        #expect(again["spec", "replicas"] == 7)
        #expect(container(again)["env"] == [["name": "A", "value": "changed"], ["name": "B", "value": "2"]])
        let drift = ManifestDrift(applied: try #require(again.appliedSpec), live: object)
        #expect(
            Set(drift.fields.map(\.path)) == [
                "replicas", "template.spec.containers[inference-server].env[A].digest",
            ])
    }

    @Test(
        "Pods that end sleep first, as long as the settings say, or not at all", arguments: [("12s", 12), ("off", 0)])
    func drain(text: String, seconds: Int) throws {
        let settings = try KubernetesSettings(["drain": .string(text)])
        var manifest = try manifest(.sample("blue", ["request_settings": ["request_timeout_ms": 5000]]))
        manifest.settings.drainSeconds = settings.drainSeconds
        let command = container(try manifest.deployment(by: .sample))["lifecycle"]?["preStop"]?["exec"]?["command"]
        let expected: Value? = seconds == 0 ? nil : .list(["sleep", .string("\(seconds)")])
        #expect(command == expected)
    }

    @Test("the Pods' template has nothing that another run, stage or epoch would change")
    func template() throws {
        let manifest = try manifest(.blue)
        let other = Author(.sample("key-2", stage: "delete", epoch: 9), plan: "def")
        let first = try manifest.deployment(by: .sample)
        let second = try manifest.deployment(by: other)
        #expect(first["spec"] == second["spec"])
        #expect(first.annotations != second.annotations)
    }

    @Test("probes, variables, ports and resources are those of the file")
    func file() throws {
        let definition = DeploymentDefinition.sample(
            "blue",
            [
                "environment": [
                    "image": "ignored",
                    "inference_config": [
                        "scoring_route": ["port": 8080, "path": "/predict"],
                        "liveness_route": ["port": 8081, "path": "/up"],
                    ],
                ],
                "environment_variables": ["B": 2, "A": "one"],
                "readiness_probe": ["initial_delay": 1, "period": 3, "failure_threshold": 5],
                "resources": ["limits": ["cpu": 1, "memory": "1Gi"], "requests": ["cpu": "100m"]],
            ])
        let value = container(try manifest(definition).deployment(by: .sample))
        #expect(value["env"] == [["name": "A", "value": "one"], ["name": "B", "value": "2"]])
        #expect(value["ports"]?.list?.first?["containerPort"] == 8080)
        #expect(value["livenessProbe"]?["httpGet"] == ["path": "/up", "port": 8081, "scheme": "HTTP"])
        #expect(value["livenessProbe"]?["failureThreshold"] == 30)
        #expect(value["readinessProbe"]?["httpGet"]?["port"] == 8080)
        #expect(value["readinessProbe"]?["initialDelaySeconds"] == 1)
        #expect(value["readinessProbe"]?["periodSeconds"] == 3)
        #expect(value["readinessProbe"]?["timeoutSeconds"] == 2)
        #expect(value["resources"]?["requests"] == ["cpu": "100m", "memory": "1Gi"])
        #expect(value["resources"]?["limits"] == ["cpu": "1", "memory": "1Gi"])
    }

    @Test("an instance type is a node selector, tolerations and resources, which the file's own go before")
    func instanceType() throws {
        var settings = KubernetesSettings.sample
        settings.instanceTypes["gpu"] = .init(
            nodeSelector: ["pool": "gpu"], resources: ["limits": ["nvidia.com/gpu": 1, "cpu": "4"]],
            tolerations: [["key": "gpu", "operator": "Exists"]])
        var definition = DeploymentDefinition.sample("blue", ["resources": ["limits": ["cpu": "2"]]])
        definition.instanceType = "gpu"
        let object = try manifest(definition, settings: settings).deployment(by: .sample)
        #expect(object["spec", "template", "spec", "nodeSelector"] == ["pool": "gpu"])
        #expect(object["spec", "template", "spec", "tolerations"]?.list?.count == 1)
        #expect(container(object)["resources"]?["limits"] == ["cpu": "2", "nvidia.com/gpu": "1"])
    }

    @Test("target_utilization is an autoscaler, and the count is left to it")
    func autoscaler() throws {
        let definition = DeploymentDefinition.sample(
            "blue", instances: 2,
            ["scale_settings": ["type": "target_utilization", "max_instances": 5, "target_utilization_percentage": 60]])
        let manifest = try manifest(definition)
        #expect(try manifest.deployment(by: .sample)["spec", "replicas"] == nil)
        let autoscaler = try #require(try manifest.autoscaler(by: .sample))
        #expect(autoscaler["spec", "minReplicas"] == 2)
        #expect(autoscaler["spec", "maxReplicas"] == 5)
        #expect(autoscaler["spec", "targetCPUUtilizationPercentage"] == 60)
        #expect(try KubernetesEndpointsTests.manifest(.blue).autoscaler(by: .sample) == nil)
    }

    @Test("the deadline is longer than the readiness probe allows a start to take, and the grace period than a request")
    func times() throws {
        var slow = DeploymentDefinition.sample("blue", ["readiness_probe": ["initial_delay": 600, "period": 60]])
        slow.requestSettings.timeout = .seconds(180)
        let object = try manifest(slow).deployment(by: .sample)
        #expect(object["spec", "progressDeadlineSeconds"] == 2520)
        #expect(object["spec", "template", "spec", "terminationGracePeriodSeconds"] == 190)
        #expect(try manifest(.blue).deployment(by: .sample)["spec", "progressDeadlineSeconds"] == 600)
    }

    @Test("code is a ConfigMap named by its content, mounted where the entry script is looked for")
    func code() throws {
        let folder = CodeFolder(files: [
            .init(path: "score.py", content: Array("def run(x): pass".utf8)), .init(path: "lib/a.bin", content: [0xFF]),
        ])
        let code = CodeManifest(folder, script: "score.py", of: "blue", in: "houses")
        let map = code.configMap(of: "blue", in: "houses", namespace: "models", by: .sample)
        #expect(map.name.hasPrefix("houses-blue-code-"))
        #expect(map["immutable"] == true)
        #expect(map["data", "score.py"] == "def run(x): pass")
        #expect(map["binaryData"]?.members?.values.first == "/w==")
        let object = try manifest(.blue, code: code).deployment(by: .sample)
        let variables = container(object)["env"]
        #expect(
            variables == [
                ["name": "AML_APP_ROOT", "value": "/var/azureml-app/code"],
                ["name": "AZUREML_ENTRY_SCRIPT", "value": "score.py"],
            ])
        #expect(container(object)["volumeMounts"]?.list?.first?["mountPath"] == "/var/azureml-app/code")
        let items = object["spec", "template", "spec", "volumes"]?.list?.first?["configMap"]?["items"]?.list ?? []
        #expect(items.compactMap { $0["path"]?.string }.sorted() == ["lib/a.bin", "score.py"])
        let other = CodeFolder(files: [.init(path: "score.py", content: Array("def run(x): return 1".utf8))])
        #expect(CodeManifest(other, script: "score.py", of: "blue", in: "houses").name != map.name)
    }

    @Test(
        "names fit, and long ones end in a digest of the whole",
        arguments: [("houses", "blue", "houses-blue"), ("Houses", "BLUE", "houses-blue")] as [(Name, Name, String)])
    func names(endpoint: Name, deployment: Name, name: String) {
        #expect(ObjectNames.object(of: deployment, in: endpoint) == name)
    }

    @Test("names of 32 letters each are shortened, and stay apart")
    func longNames() {
        let endpoint = Name(String(repeating: "e", count: 32))
        let names = ["a", "b"].map {
            ObjectNames.object(of: Name(String(repeating: "d", count: 31) + $0), in: endpoint)
        }
        #expect(names.allSatisfy { $0.utf8.count == 63 })
        #expect(Set(names).count == 2)
    }

    @Test("a definition comes back as it was, numbers with a point too")
    func definition() throws {
        let definition = DeploymentDefinition.sample("blue", ["data_collector": ["sampling_rate": .number(1.0)]])
        let text = try ValueCoder.text(definition)
        #expect(try ValueCoder.decode(DeploymentDefinition.self, from: text) == definition)
    }

    @Test("a definition that no annotation can hold is refused")
    func tooLarge() throws {
        let definition = DeploymentDefinition.sample(
            "blue", ["tags": ["x": .string(String(repeating: "x", count: 200_000))]])
        #expect(throws: ManifestProblem.self) { try manifest(definition).deployment(by: .sample) }
    }
}
