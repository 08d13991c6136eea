internal import Logging
package import RolloutEngine
package import Rollouts

/// Requests, scoring URIs and logs.
extension KubernetesBackend {
    /// Sends a request through the gateway.
    ///
    /// A route of the user has no rules for named deployments; such a request goes through the Service's proxy.
    package func invoke(
        _ endpoint: Name, deployment: Name?, _ request: InferenceRequest
    ) async throws -> InferenceResponse {
        try await asBackendErrors { () async throws -> InferenceResponse in
            guard let objects = try await self.view.objects(of: endpoint) else {
                throw BackendError(.refused, "there is no endpoint \(endpoint)")
            }
            let reading = EndpointReading(
                objects: objects, endpoint: endpoint, giveUp: self.settings.giveUp, now: self.clock.now())
            let traffic = reading.snapshot.traffic.wanted
            // The gateway would send a request that names an unknown deployment to the deployments with traffic.
            if let deployment, objects.deployments[deployment] == nil {
                return .unrouted("there is no deployment \(deployment)")
            }
            guard let asked = deployment ?? traffic.deployments.max(by: { traffic[$0] < traffic[$1] }) else {
                return .unrouted("no deployment has traffic")
            }
            let definition = objects.deployments[asked].map { _ in reading.reading(of: asked)?.definition } ?? nil
            let isNamedByProxy = deployment != nil && objects.anchor.choice != nil
            let target = GatewayCallers.Target(
                route: objects.route, address: isNamedByProxy ? nil : try await self.address(of: objects),
                path: definition.map { ServedImage.scoring(of: $0).path } ?? ServedImage.defaultScoringPath,
                service: ObjectNames.object(of: asked, in: endpoint),
                mark: reading.routes.contains { $0.marks(asked) }
                    ? RouteManifest.endpointMark(endpoint, namespace: self.namespace) : nil)
            return try await self.callers.call(target, deployment: deployment, asked: asked, request.body)
        }
    }

    /// The scoring URI for clients; `nil` if the gateway's address is unknown.
    package func scoringURI(of endpoint: Name) async throws(BackendError) -> String? {
        try await asBackendErrors { () async throws -> String? in
            guard let objects = try await self.view.objects(of: endpoint),
                let address = try await self.address(of: objects)
            else { return nil }
            let reading = EndpointReading(
                objects: objects, endpoint: endpoint, giveUp: self.settings.giveUp, now: self.clock.now())
            let traffic = reading.snapshot.traffic.wanted
            let path = traffic.deployments.first.flatMap { reading.reading(of: $0) }.map {
                ServedImage.scoring(of: $0.definition).path
            }
            return address + (path ?? ServedImage.defaultScoringPath)
        }
    }

    private func address(of objects: EndpointObjects) async throws -> String? {
        if let address = settings.gateway?.address { return address }
        if let address = objects.anchor.object.annotations[EndpointAnchor.address] { return address }
        guard let route = objects.route else { return nil }
        return try await callers.address(of: route)
    }

    /// The logs of all Pods, each line with its Pod's name.
    ///
    /// Containers that are not running yet have none.
    package func logs(of endpoint: Name, deployment: Name, tail: Int) async throws(BackendError) -> [LogLine] {
        try await asBackendErrors { () async throws -> [LogLine] in
            let pods = try await self.view.objects(of: endpoint)?.deployments[deployment]?.pods ?? []
            let now = self.clock.now()
            let lines = try await withThrowingTaskGroup(of: [LogLine].self) { group in
                for pod in pods { group.addTask { try await self.lines(of: pod.name, tail: tail, now: now) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            return Array(lines.sorted { ($0.at, $0.instance ?? "") < ($1.at, $1.instance ?? "") }.suffix(max(tail, 0)))
        }
    }

    private func lines(of pod: String, tail: Int, now: Timestamp) async throws -> [LogLine] {
        do {
            return try await client.logs(of: pod, in: namespace, container: ContainerManifest.name, tail: tail).map {
                LogLine(at: $0.at ?? now, instance: pod, text: $0.text)
            }
        } catch let error as KubernetesError where error.code == .invalid || error.code == .notFound {
            // Its container has not started, or the Pod no longer exists.
            logger.debug("a pod has no log", metadata: ["pod": "\(pod)", "error": "\(error)"])
            return []
        }
    }
}

extension InferenceResponse {
    fileprivate static func unrouted(_ why: String) -> InferenceResponse {
        InferenceResponse(status: 404, body: why, latency: .zero, deployment: nil)
    }
}
