internal import RolloutEngine
internal import Rollouts

/// Checks a cluster without changing it: whether it responds, what it provides, and this user's permissions.
struct KubernetesDoctor {
    var settings: Value
    /// The endpoint whose requests should be counted; `nil` if none is known.
    var endpoint: Name?
    /// The endpoint's definition in the playbook; `nil` if there is none.
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
                    advice: "set KUBECONFIG, or use --kubeconfig and --context")
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

    /// Checks whether the configured metrics server reports outcomes of requests.
    private func metrics(_ client: KubernetesClient, _ settings: KubernetesSettings) async -> [Diagnosis] {
        guard let metrics = settings.metrics else {
            let none = "no metrics server is set, so analyses have no evidence"
            return [
                Diagnosis(
                    .warning, "metrics", none,
                    advice: "set backends.kubernetes.metrics in the playbook, and pass the playbook with --playbook")
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
                Diagnosis(
                    .warning, "metrics", $0,
                    advice: "check that the Prometheus server scrapes the gateway and keeps its request counters")
            }
            guard findings.isEmpty else { return findings }
            let what = state.isKnown ? " and has counters of the requests to \(endpoint?.text ?? "")" : ""
            return [Diagnosis(.ok, "metrics", "\(metrics.url) responds\(what)")]
        } catch {
            return [
                Diagnosis(
                    .error, "metrics", "\(error)",
                    advice: "check backends.kubernetes.metrics: the address must be reachable from this machine")
            ]
        }
    }

    private func server(_ client: KubernetesClient, _ namespace: String) async -> [Diagnosis] {
        do {
            let version = try await client.serverVersion()
            return [
                Diagnosis(
                    .ok, "cluster", "\(client.origin) responds with version \(version); the namespace is \(namespace)")
            ]
        } catch {
            return [
                Diagnosis(
                    .error, "cluster", "\(client.origin): \(error)",
                    advice: "check that `kubectl version` works with the same kubeconfig and context")
            ]
        }
    }

    /// Checks whether the namespace exists, if this user may read it.
    private func place(_ client: KubernetesClient, _ namespace: String) async -> [Diagnosis] {
        do {
            guard try await client.get(.namespaces, namespace) == nil else { return [] }
            return [
                Diagnosis(
                    .error, "namespace", "namespace \(namespace) does not exist",
                    advice: "create it (kubectl create namespace \(namespace)), or choose another one with --namespace")
            ]
        } catch let error as KubernetesError where error.code == .forbidden {
            return []  // a user with only a Role has no permission for this
        } catch {
            return [Diagnosis(.error, "namespace", "\(error)")]
        }
    }

    /// Checks whether the configured gateway accepts routes from here, and no other route makes the endpoint's claim.
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
                        .warning, "gateway", "you are not allowed to read Gateway \(place)/\(choice.name)",
                        advice:
                            "grant yourself permission to get gateways there, so that problems with it can be reported")
                ]
            }
            if let problem = look.problem {
                return [
                    Diagnosis(
                        .error, "gateway", problem,
                        advice: "check backends.kubernetes.gateway in the playbook, and "
                            + "`kubectl describe gateway --namespace \(place) \(choice.name)`")
                ]
            }
            if let definition,
                let rival = try await KubernetesBackend(client, settings: settings).rival(of: definition)
            {
                return [Diagnosis(.error, "gateway", rival)]
            }
            return [
                Diagnosis(.ok, "gateway", "Gateway \(place)/\(choice.name) accepts routes of namespace \(namespace)")
            ]
        } catch {
            return [Diagnosis(.error, "gateway", "\(error)")]
        }
    }

    private func gatewayAPI(_ client: KubernetesClient) async -> [Diagnosis] {
        do {
            let versions = try await client.versions(ofGroup: ResourceType.httpRoutes.group) ?? []
            guard versions.contains(ResourceType.httpRoutes.version) else {
                let present = versions.isEmpty ? "is not installed" : "has only \(versions.joined(separator: ", "))"
                return [
                    Diagnosis(
                        .error, "gateway", "the Gateway API \(present), but HTTPRoute v1 is required",
                        advice: "install it and a gateway controller: https://gateway-api.sigs.k8s.io")
                ]
            }
            let types = try await client.types(
                ofGroup: ResourceType.httpRoutes.group, version: ResourceType.httpRoutes.version)
            guard types.contains(where: { $0.plural == ResourceType.httpRoutes.plural }) else {
                return [
                    Diagnosis(
                        .error, "gateway", "the Gateway API is installed, but without HTTPRoute v1",
                        advice: "install all of it: https://gateway-api.sigs.k8s.io")
                ]
            }
            return [Diagnosis(.ok, "gateway", "the Gateway API is installed (\(versions.joined(separator: ", ")))")]
        } catch {
            return [Diagnosis(.error, "gateway", "\(error)", advice: "check that `kubectl api-resources` works")]
        }
    }

    private func rights(_ client: KubernetesClient, _ namespace: String) async -> [Diagnosis] {
        let needed = RequiredPermissions.needed(in: namespace)
        do {
            var missing: [Access] = []
            for access in needed where !(try await client.canI(access)) { missing.append(access) }
            guard !missing.isEmpty else {
                return [
                    Diagnosis(
                        .ok, "rights",
                        "you have all \(needed.count) permissions that Turnout uses in namespace \(namespace)")
                ]
            }
            // Give the advice once, for all of them.
            return missing.indices.map {
                Diagnosis(
                    .error, "rights", "you are not allowed to \(missing[$0])",
                    advice: $0 == missing.indices.last
                        ? "apply Playbooks/samples/kubernetes/role.yml and bind its Role to your user" : nil)
            }
        } catch {
            return [Diagnosis(.error, "rights", "permissions cannot be checked: \(error)")]
        }
    }
}
