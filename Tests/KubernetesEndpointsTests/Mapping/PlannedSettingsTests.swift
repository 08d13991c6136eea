import RolloutTesting
import Rollouts
import Testing

@testable import KubernetesEndpoints

@Suite("Settings that a plan keeps")
struct PlannedSettingsTests {
    private static let settings = {
        var settings = KubernetesSettings.sample
        settings.gateway = .init(
            name: "edge", namespace: "gateways", address: "http://127.0.0.1:1", sectionName: "http",
            hostnames: ["a", "b"])
        settings.serviceAccount = "server"
        settings.imagePullSecrets = ["hub"]
        settings.instanceTypes["gpu"] = .init(
            nodeSelector: ["pool": "gpu"], resources: ["limits": ["cpu": "2"]], tolerations: [["key": "gpu"]])
        return settings
    }()

    private static let green = {
        var green = DeploymentDefinition.sample("green")
        green.instanceType = "gpu"
        return green
    }()

    @Test("a definition is brought to a cluster as it was planned, whatever the settings are by then")
    func kept() throws {
        let planned = Self.settings.planned(Self.green)
        #expect(KubernetesSettings.sample.settings(of: planned).serviceAccount == "server")
        let then = try manifest(planned, settings: Self.settings.settings(of: planned)).deployment(by: .sample)
        let now = try manifest(planned, settings: KubernetesSettings.sample.settings(of: planned))
            .deployment(by: .sample)
        #expect(then["spec"] == now["spec"])
        #expect(now["spec", "template", "spec", "serviceAccountName"] == "server")
        #expect(now["spec", "template", "spec", "nodeSelector"] == ["pool": "gpu"])
        #expect(
            KubernetesSettings().gateway(of: Self.settings.planned(EndpointDefinition(name: "houses")))
                == Self.settings.gateway)
    }

    @Test("what was planned without a setting stays without it")
    func without() {
        let endpoint = KubernetesSettings().planned(EndpointDefinition(name: "houses"))
        #expect(Self.settings.gateway(of: endpoint) == nil)
        let deployment = KubernetesSettings.sample.planned(Self.green)
        let settings = Self.settings.settings(of: deployment)
        #expect(settings.serviceAccount == nil && settings.imagePullSecrets.isEmpty)
        #expect(settings.instanceTypes["gpu"] == nil && settings.image == KubernetesSettings.sample.image)
    }

    @Test("a definition that no plan has made goes by the settings")
    func unplanned() {
        #expect(Self.settings.gateway(of: EndpointDefinition(name: "houses")) == Self.settings.gateway)
        #expect(Self.settings.settings(of: Self.green) == Self.settings)
    }
}
