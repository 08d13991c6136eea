import Foundation
import KubernetesEndpoints
import RolloutEngine
import Rollouts

extension ClusterFixture {
    /// A backend in a namespace of its own, which has the rights of the sample Role and no others.
    static func withBackend(
        image: String = "registry.local/model:1", _ body: (KubernetesBackend) async throws -> Void
    ) async throws {
        try await with { fixture in
            let backend = try fixture.backend(image: image)
            do {
                try await body(backend)
            } catch {
                await backend.close()
                throw error
            }
            await backend.close()
        }
    }

    func backend(image: String = "registry.local/model:1", route: KubernetesSettings.RouteChoice? = nil) throws
        -> KubernetesBackend
    {
        var settings = KubernetesSettings()
        settings.gateway = .init(name: place.gatewayName, address: place.gateway)
        settings.image = image
        settings.route = route
        settings.giveUp = .init(after: .seconds(5), unschedulable: .seconds(5), restarts: 2)
        return KubernetesBackend(try KubernetesClient(try configuration), settings: settings)
    }

    private var configuration: ClusterConfiguration {
        get throws {
            try ClusterConfiguration.load(environment: ["KUBECONFIG": place.kubeconfig]) {
                try JSONDecoder().decode(Value.self, from: Data($0.utf8))
            }
        }
    }
}
