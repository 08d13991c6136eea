internal import FoundationEssentials
internal import HTTPTransport
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// Sends requests to endpoints as their clients do, each with the required key or token.
final class EndpointCallers: Sendable {
    private struct Access {
        var scoringURI: String
        var credential: String
        /// When to request a new credential; `nil` to wait until this one is rejected.
        var refreshed: Timestamp?
    }

    private let client: AzureClient
    private let clock: any RunClock
    private let known = Mutex<[Name: Access]>([:])
    /// Slightly longer than Azure's maximum request timeout of 180 s.
    private static let timeout = Interval.seconds(190)

    init(_ client: AzureClient, clock: any RunClock) {
        self.client = client
        self.clock = clock
    }

    func call(_ endpoint: Name, deployment: Name?, _ request: InferenceRequest) async throws -> InferenceResponse {
        let isFresh = known.withLock { $0[endpoint] == nil }
        do {
            let response = try await send(try await access(to: endpoint), deployment, request)
            // A 401 from a cached key: the keys may have been replaced.
            guard response.status == 401, !isFresh else { return response }
        } catch let failure as TransportFailure {
            guard !isFresh, failure.wasNotSent else {
                forget(endpoint)
                throw BackendError(.unavailable, failure.message)
            }
        }
        forget(endpoint)
        do {
            return try await send(try await access(to: endpoint), deployment, request)
        } catch let failure as TransportFailure {
            forget(endpoint)
            throw BackendError(.unavailable, failure.message)
        }
    }

    private func forget(_ endpoint: Name) { known.withLock { $0[endpoint] = nil } }

    private func send(
        _ access: Access, _ deployment: Name?, _ request: InferenceRequest
    ) async throws -> InferenceResponse {
        var headers = [
            (name: "Authorization", value: "Bearer \(access.credential)"),
            (name: "Content-Type", value: "application/json"),
        ]
        if let deployment { headers.append(("azureml-model-deployment", deployment.text)) }
        let start = ContinuousClock.now
        let answer = try await client.transport.exchange(
            HTTPRequest(
                .post, access.scoringURI, headers: headers, body: Data(request.body.utf8), timeout: Self.timeout))
        let latency = Interval.milliseconds(Int64((ContinuousClock.now - start) / .milliseconds(1)))
        return InferenceResponse(
            status: answer.status, body: String(decoding: answer.body, as: UTF8.self), latency: latency,
            deployment: answer["azureml-model-deployment"].map { Name($0) })
    }

    private func access(to endpoint: Name) async throws -> Access {
        let now = clock.now()
        if let access = known.withLock({ $0[endpoint] }), access.refreshed.map({ now < $0 }) ?? true { return access }
        guard let resource = try await client.endpoint(endpoint)?.resource else {
            throw BackendError(.refused, "there is no endpoint \(endpoint)")
        }
        guard let uri = resource.properties.scoringUri else {
            throw BackendError(.busy(retryAfter: .seconds(1)), "endpoint \(endpoint) has no scoring URI yet")
        }
        let access: Access
        if resource.properties.authMode ?? .key == .key {
            guard let key = try await client.keys(of: endpoint).primaryKey else {
                throw BackendError(.refused, "endpoint \(endpoint) has no primary key")
            }
            access = Access(scoringURI: uri, credential: key)
        } else {
            let token = try await client.token(of: endpoint)
            guard let credential = token.accessToken else {
                throw BackendError(.refused, "endpoint \(endpoint) provides no token")
            }
            access = Access(
                scoringURI: uri, credential: credential,
                refreshed: token.refreshAfterTimeUtc.map { Timestamp(milliseconds: Int64($0) * 1000) })
        }
        known.withLock { $0[endpoint] = access }
        return access
    }
}
