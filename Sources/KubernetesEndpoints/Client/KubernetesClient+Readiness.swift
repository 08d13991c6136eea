internal import HTTPTransport
internal import Logging
internal import RolloutEngine
internal import Rollouts

/// Decides whether an error is final or comes from an API server that has only just started.
///
/// Until it has read roles and bindings, such a server forbids everything except to administrators. Until it has read
/// the
/// custom resource definitions, it returns 404 for all of their objects (kubernetes/kubernetes#115241). Either error is
/// final only if the server says that it is ready.
struct StartUpCheck {
    /// The maximum number of retries while the server is not ready; with the default pauses, about 15 s.
    private static let tries = 7

    private var isCertain = false
    private var failures = 0

    /// Returns whether to send the request again, after a pause.
    ///
    /// - Throws: ``KubernetesError`` (`unavailable`) for a 404 from a server that is still starting, which does not
    ///   prove that
    ///   the object does not exist.
    mutating func shouldRetry(
        after refusal: KubernetesError, by client: KubernetesClient, as credential: Credential
    ) async throws -> Bool {
        guard !isCertain else { return false }
        let readiness = await client.readiness(as: credential)
        if readiness == .ready {
            // It may have become ready in the meantime.
            isCertain = true
            return true
        }
        if refusal.code == .notFound, readiness == .unknown { return false }
        guard failures < Self.tries else {
            guard refusal.code == .notFound else { return false }
            throw KubernetesError(
                .unavailable, "the API server returned 404, but reports that it is not ready yet",
                status: refusal.status,
                request: refusal.request)
        }
        failures += 1
        try await client.clock.sleep(until: client.clock.now() + client.pauses.after(failures))
        return true
    }
}

/// The API server's readiness according to `/readyz`.
private enum Readiness {
    case ready
    /// Any other response, or none.
    case starting
    /// This user may not query it.
    case unknown
}

extension KubernetesClient {
    fileprivate func readiness(as credential: Credential) async -> Readiness {
        do {
            return try await once(Call(.get, APIPath("/readyz"), "check whether the server is ready"), as: credential) {
                $0.status == 200 ? .ready : .starting
            }
        } catch let error as KubernetesError where [.forbidden, .unauthorized, .notFound].contains(error.code) {
            return .unknown
        } catch {
            logger.debug("not ready", metadata: ["error": "\(error)"])
            return .starting
        }
    }
}
