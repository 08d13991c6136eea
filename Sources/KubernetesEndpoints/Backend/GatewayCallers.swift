internal import FoundationEssentials
internal import HTTPTransport
internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// Sends requests to endpoints as their clients do.
///
/// Requests go through the gateway or, if its address is unknown, through the API server's proxy of the Service.
final class GatewayCallers: Sendable {
    private let client: KubernetesClient
    private let namespace: String
    /// Addresses from the status of gateways; a `nil` value means that the status has none.
    private let knownAddresses = Mutex<[String: String?]>([:])

    /// Slightly longer than Azure's maximum request timeout of 180 s.
    private static let timeout = Interval.seconds(190)

    init(_ client: KubernetesClient, namespace: String) {
        self.client = client
        self.namespace = namespace
    }

    func close() async {}

    struct Target {
        var route: KubernetesObject?
        /// The gateway's address, if it is known.
        var address: String?
        /// The path of predictions.
        var path: String
        var service: String
        /// The endpoint mark in responses to requests that name a deployment; `nil` if responses have none.
        var mark: String?
    }

    /// Sends a request.
    ///
    /// The response's deployment is the one that the response names, else the one that was asked.
    func call(_ target: Target, deployment: Name?, asked: Name, _ body: String) async throws -> InferenceResponse {
        let start = ContinuousClock.now
        func response(_ answer: BufferedResponse) -> InferenceResponse {
            InferenceResponse(
                status: answer.status, body: String(decoding: answer.body, as: UTF8.self),
                latency: .milliseconds(Int64((ContinuousClock.now - start) / .milliseconds(1))),
                deployment: answer[RouteManifest.header].map { Name($0) } ?? (deployment ?? asked))
        }
        guard let address = target.address else {
            return response(
                try await client.proxy(
                    .service(target.service, port: ContainerManifest.portName), in: namespace, .post, path: target.path,
                    headers: [("Content-Type", "application/json")], body: Data(body.utf8), timeout: Self.timeout))
        }
        var headers: [HTTPHeader] = [("Content-Type", "application/json")]
        if let host = target.route?["spec", "hostnames"]?.list?.first?.string { headers.append(("Host", host)) }
        if let deployment { headers.append((RouteManifest.header, ObjectNames.folded(deployment))) }
        do {
            let answer = try await NetworkTransport.shared.exchange(
                HTTPRequest(
                    .post, address + target.path, headers: headers, body: Data(body.utf8), timeout: Self.timeout))
            if let deployment { try target.rejectForeignResponse(answer, of: deployment) }
            return response(answer)
        } catch let failure as TransportFailure {
            throw BackendError(.unavailable, "the gateway at \(address) does not respond: \(failure)")
        }
    }

    /// The address of the route's gateway from its status; `nil` if the status has none or must not be read.
    func address(of route: KubernetesObject) async throws -> String? {
        for parent in route["spec", "parentRefs"]?.list ?? [] {
            guard let name = parent["name"]?.string else { continue }
            let place = parent["namespace"]?.string ?? namespace
            let key = "\(place)/\(name)/\(parent["sectionName"]?.string ?? "")"
            if let known = knownAddresses.withLock({ $0[key] }) { return known }
            let address = try await address(ofGateway: name, in: place, section: parent["sectionName"]?.string)
            knownAddresses.withLock { $0[key] = .some(address) }
            if let address { return address }
        }
        return nil
    }

    private func address(ofGateway name: String, in place: String, section: String?) async throws -> String? {
        let gateway: KubernetesObject?
        do {
            gateway = try await client.get(.gateways, name, in: place)
        } catch let error as KubernetesError where error.code == .forbidden {
            client.logger.debug("no permission to read the gateway", metadata: ["error": "\(error)"])
            return nil
        }
        guard let gateway, let host = gateway["status", "addresses"]?.list?.first?["value"]?.string else { return nil }
        let listeners = gateway["spec", "listeners"]?.list ?? []
        let wanted = listeners.first {
            section == nil ? $0["protocol"]?.string == "HTTP" : $0["name"]?.string == section
        }
        guard let listener = wanted ?? listeners.first, let port = listener["port"]?.integer else { return nil }
        let scheme = listener["protocol"]?.string == "HTTPS" ? "https" : "http"
        return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

extension GatewayCallers.Target {
    /// Rejects a response that came from another route, since it says nothing about the requested deployment.
    ///
    /// Responses without a backend (404, 5xx) come from gateways, which do not add marks, and are accepted.
    func rejectForeignResponse(_ answer: BufferedResponse, of deployment: Name) throws(BackendError) {
        guard let mark else { return }
        let answered = (answer[RouteManifest.endpointHeader], answer[RouteManifest.header])
        guard answered != (mark, ObjectNames.folded(deployment)) else { return }
        let isWithoutBackend = answered.0 == nil && (answer.status == 404 || answer.status >= 500)
        guard !isWithoutBackend else { return }
        let who =
            answered.0.map { "deployment \(answered.1 ?? "") of endpoint \($0)" }
            ?? "a route that Turnout does not manage"
        throw BackendError(
            .refused,
            "the request to deployment \(deployment) of endpoint \(mark) was answered by another route: \(who); routes "
                + "on the same gateway need different hostnames or paths (backends.kubernetes.gateway.hostnames)")
    }
}
