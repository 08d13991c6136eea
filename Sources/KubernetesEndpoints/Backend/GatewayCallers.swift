internal import FoundationEssentials
internal import HTTPTransport
internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// Requests to endpoints as their clients send them: through the gateway or, where nobody says where that listens, by
/// the API server's proxy of the Service.
final class GatewayCallers: Sendable {
    private let client: KubernetesClient
    private let namespace: String
    /// Gateways' addresses that their status told; nil: it told none.
    private let told = Mutex<[String: String?]>([:])

    /// Azure's longest request time-out is 180 s.
    private static let timeout = Interval.seconds(190)

    init(_ client: KubernetesClient, namespace: String) {
        self.client = client
        self.namespace = namespace
    }

    func close() async {}

    struct Target {
        var route: KubernetesObject?
        /// The gateway's, where it is known.
        var address: String?
        /// The path of predictions.
        var path: String
        var service: String
        /// What answers to requests that name a deployment say of the endpoint; nil: nothing.
        var mark: String?
    }

    /// Who answered is what the answer says, else who was asked.
    func call(_ target: Target, deployment: Name?, asked: Name, _ body: String) async throws -> InferenceResponse {
        let start = ContinuousClock.now
        func response(_ answer: WholeAnswer) -> InferenceResponse {
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
            if let deployment { try target.guardAnswer(answer, of: deployment) }
            return response(answer)
        } catch let failure as TransportFailure {
            throw BackendError(.unavailable, "the gateway at \(address) does not answer: \(failure)")
        }
    }

    /// Where the route's gateway listens, as its status says; nil where it says nothing or may not be read.
    func address(of route: KubernetesObject) async throws -> String? {
        for parent in route["spec", "parentRefs"]?.list ?? [] {
            guard let name = parent["name"]?.string else { continue }
            let place = parent["namespace"]?.string ?? namespace
            let key = "\(place)/\(name)/\(parent["sectionName"]?.string ?? "")"
            if let known = told.withLock({ $0[key] }) { return known }
            let address = try await address(ofGateway: name, in: place, section: parent["sectionName"]?.string)
            told.withLock { $0[key] = .some(address) }
            if let address { return address }
        }
        return nil
    }

    private func address(ofGateway name: String, in place: String, section: String?) async throws -> String? {
        let gateway: KubernetesObject?
        do {
            gateway = try await client.get(.gateways, name, in: place)
        } catch let error as KubernetesError where error.code == .forbidden {
            client.logger.debug("the gateway may not be read", metadata: ["error": "\(error)"])
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
    /// Refuses the answer of another route: it says nothing of the deployment that was asked.
    ///
    /// That nobody is there (404, 5xx) is for gateways to say, which do so without marks.
    func guardAnswer(_ answer: WholeAnswer, of deployment: Name) throws(BackendError) {
        guard let mark else { return }
        let answered = (answer[RouteManifest.endpointHeader], answer[RouteManifest.header])
        guard answered != (mark, ObjectNames.folded(deployment)) else { return }
        let isNobodys = answered.0 == nil && (answer.status == 404 || answer.status >= 500)
        guard !isNobodys else { return }
        let who = answered.0.map { "deployment \(answered.1 ?? "") of endpoint \($0)" } ?? "a route of somebody else's"
        throw BackendError(
            .refused,
            "the request to deployment \(deployment) of endpoint \(mark) was answered by another route: \(who); routes on "
                + "one gateway need hostnames or paths of their own (backends.kubernetes.gateway.hostnames)")
    }
}
