import Foundation
import KubernetesEndpoints
import RolloutEngine
import RolloutTesting
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

    /// As ``withBackend(image:_:)``, with a bench for it; `edit` changes its settings.
    static func withBench(
        proxied: Bool = false, _ edit: (inout KubernetesSettings) -> Void = { _ in },
        _ body: (BackendBench, ClusterFixture) async throws -> Void
    ) async throws {
        try await with { fixture in
            let backend = try fixture.backend(proxied: proxied, edit)
            let bench = BackendBench(backend, clock: SystemClock(), step: .milliseconds(50), patience: .seconds(60))
            do {
                try await body(bench, fixture)
            } catch {
                await backend.close()
                throw error
            }
            await backend.close()
        }
    }

    func backend(
        image: String = "registry.local/model:1", proxied: Bool = false,
        _ edit: (inout KubernetesSettings) -> Void = { _ in }
    ) throws -> KubernetesBackend {
        var settings = KubernetesSettings()
        settings.gateway = .init(name: place.gatewayName, address: place.gateway)
        settings.image = image
        settings.giveUp = .init(after: .seconds(5), unschedulable: .seconds(5), restarts: 2)
        edit(&settings)
        let path = proxied ? place.proxiedKubeconfig : place.kubeconfig
        return KubernetesBackend(try KubernetesClient(try configuration(path)), settings: settings)
    }

    private func configuration(_ path: String) throws -> ClusterConfiguration {
        try ClusterConfiguration.load(environment: ["KUBECONFIG": path]) {
            try JSONDecoder().decode(Value.self, from: Data($0.utf8))
        }
    }
}
