internal import KubernetesEndpoints
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// Looks at a cluster without changing it: whether it answers, what it has, and what this user may do there.
struct KubernetesDoctor {
    var settings: Value
    /// The endpoint whose requests somebody should count; nil where nobody said.
    var endpoint: Name?

    func look() async -> [Diagnosis] {
        let client: KubernetesClient
        let namespace: String
        let settings: KubernetesSettings
        do {
            settings = try KubernetesWorld.read(self.settings)
            client = try KubernetesWorld.client(settings)
            namespace = settings.namespace ?? client.namespace
        } catch {
            return [
                Diagnosis(
                    .error, "cluster", "\(error)",
                    advice: "set KUBECONFIG, or name one by --kubeconfig and --context")
            ]
        }
        var found = await server(client, namespace)
        if !found.contains(where: { $0.level == .error }) {
            found += await gatewayAPI(client)
            found += await rights(client, namespace)
            found += await metrics(client, settings)
        }
        await client.close()
        return found
    }

    /// Whether the server that should tell what becomes of requests does.
    private func metrics(_ client: KubernetesClient, _ settings: KubernetesSettings) async -> [Diagnosis] {
        guard let metrics = settings.metrics else {
            let none = "no server is named that tells what becomes of requests: analyses have no evidence"
            return [
                Diagnosis(
                    .warning, "metrics", none,
                    advice: "set backends.kubernetes.metrics in the playbook, and name that by --playbook")
            ]
        }
        do {
            let cluster = try MeteredCluster(KubernetesBackend(client, settings: settings), metrics)
            let found = await self.metrics(cluster, metrics)
            await cluster.close()
            return found
        } catch {
            return [Diagnosis(.error, "metrics", "\(error)")]
        }
    }

    private func metrics(
        _ cluster: MeteredCluster, _ metrics: KubernetesSettings.MetricsChoice
    ) async -> [Diagnosis] {
        do {
            let state = try await cluster.state(of: endpoint)
            let findings = state.findings.map {
                Diagnosis(.warning, "metrics", $0, advice: "see that it scrapes the gateway, and what of it is kept")
            }
            guard findings.isEmpty else { return findings }
            let what = state.isKnown ? ", and tells of the requests to \(endpoint?.text ?? "")" : ""
            return [Diagnosis(.ok, "metrics", "\(metrics.url) answers\(what)")]
        } catch {
            return [
                Diagnosis(
                    .error, "metrics", "\(error)",
                    advice: "see backends.kubernetes.metrics: the address must be reachable from here")
            ]
        }
    }

    private func server(_ client: KubernetesClient, _ namespace: String) async -> [Diagnosis] {
        do {
            let version = try await client.serverVersion()
            return [
                Diagnosis(.ok, "cluster", "\(client.origin) answers with \(version); the namespace is \(namespace)")
            ]
        } catch {
            return [
                Diagnosis(
                    .error, "cluster", "\(client.origin): \(error)",
                    advice: "see that `kubectl version` works with the same kubeconfig and context")
            ]
        }
    }

    private func gatewayAPI(_ client: KubernetesClient) async -> [Diagnosis] {
        do {
            let versions = try await client.versions(ofGroup: ResourceType.httpRoutes.group) ?? []
            guard versions.contains(ResourceType.httpRoutes.version) else {
                let present = versions.isEmpty ? "is not installed" : "has \(versions.joined(separator: ", ")) only"
                return [
                    Diagnosis(
                        .error, "gateway", "the Gateway API \(present): HTTPRoutes of v1 are needed",
                        advice: "install it and a gateway controller: https://gateway-api.sigs.k8s.io")
                ]
            }
            return [Diagnosis(.ok, "gateway", "the Gateway API is installed (\(versions.joined(separator: ", ")))")]
        } catch {
            return [Diagnosis(.error, "gateway", "\(error)", advice: "see whether `kubectl api-resources` works")]
        }
    }

    private func rights(_ client: KubernetesClient, _ namespace: String) async -> [Diagnosis] {
        let needed = Rights.needed(in: namespace)
        do {
            var missing: [Access] = []
            for access in needed where !(try await client.canI(access)) { missing.append(access) }
            guard !missing.isEmpty else {
                return [Diagnosis(.ok, "rights", "all \(needed.count) that Turnout uses in namespace \(namespace)")]
            }
            // One advice for all of them.
            return missing.indices.map {
                Diagnosis(
                    .error, "rights", "you may not \(missing[$0])",
                    advice: $0 == missing.indices.last
                        ? "apply Playbooks/samples/kubernetes/role.yml, and be bound to its Role" : nil)
            }
        } catch {
            return [Diagnosis(.error, "rights", "they cannot be asked for: \(error)")]
        }
    }
}
