internal import RolloutEngine
internal import Rollouts

/// Looks at a cluster without changing it: whether it answers, what it has, and what this user may do there.
struct KubernetesDoctor {
    var settings: Value
    /// The endpoint whose requests somebody should count; nil where nobody said.
    var endpoint: Name?
    /// What the playbook makes of it; nil where there is none that defines one.
    var definition: EndpointDefinition?

    func look() async -> [Diagnosis] {
        let client: KubernetesClient
        let namespace: String
        let settings: KubernetesSettings
        do {
            settings = try KubernetesPlugin.read(self.settings)
            client = try KubernetesPlugin.client(settings)
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
            found += await place(client, namespace)
            let api = await gatewayAPI(client)
            found += api
            if !api.contains(where: { $0.level == .error }) { found += await gateway(client, settings, namespace) }
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

    /// Whether the namespace is there, as far as that may be asked.
    private func place(_ client: KubernetesClient, _ namespace: String) async -> [Diagnosis] {
        do {
            guard try await client.get(.namespaces, namespace) == nil else { return [] }
            return [
                Diagnosis(
                    .error, "namespace", "there is no namespace \(namespace)",
                    advice: "make it (kubectl create namespace \(namespace)), or name another one by --namespace")
            ]
        } catch let error as KubernetesError where error.code == .forbidden {
            return []  // who has a Role alone may not ask
        } catch {
            return [Diagnosis(.error, "namespace", "\(error)")]
        }
    }

    /// Whether the gateway that the settings name takes routes from here, and no other route has the endpoint's place.
    private func gateway(
        _ client: KubernetesClient, _ settings: KubernetesSettings, _ namespace: String
    ) async -> [Diagnosis] {
        guard settings.route == nil, let choice = settings.gateway else { return [] }
        let place = choice.namespace ?? namespace
        do {
            guard
                let look = try await client.look(
                    at: choice.name, in: place, section: choice.sectionName, forRoutesOf: namespace)
            else {
                return [
                    Diagnosis(
                        .warning, "gateway", "you may not look at Gateway \(place)/\(choice.name)",
                        advice: "let yourself `get gateways` there, so that what is wrong with it can be told")
                ]
            }
            if let problem = look.problem {
                return [
                    Diagnosis(
                        .error, "gateway", problem,
                        advice: "see backends.kubernetes.gateway in the playbook, and "
                            + "`kubectl describe gateway --namespace \(place) \(choice.name)`")
                ]
            }
            if let definition,
                let rival = try await KubernetesBackend(client, settings: settings).rival(of: definition)
            {
                return [Diagnosis(.error, "gateway", rival)]
            }
            return [Diagnosis(.ok, "gateway", "Gateway \(place)/\(choice.name) takes routes of namespace \(namespace)")]
        } catch {
            return [Diagnosis(.error, "gateway", "\(error)")]
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
            let types = try await client.types(
                ofGroup: ResourceType.httpRoutes.group, version: ResourceType.httpRoutes.version)
            guard types.contains(where: { $0.plural == ResourceType.httpRoutes.plural }) else {
                return [
                    Diagnosis(
                        .error, "gateway", "the Gateway API is there, but not its HTTPRoutes of v1",
                        advice: "install all of it: https://gateway-api.sigs.k8s.io")
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
