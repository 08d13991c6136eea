internal import HTTPTransport
internal import Logging
internal import RolloutEngine
internal import Rollouts

/// Whether a refusal counts, or comes from an API server that has only just started.
///
/// Until it has read the roles and bindings, such a server forbids everything to everybody but administrators; until it
/// has read the custom resource definitions, it answers 404 for all of their objects (kubernetes/kubernetes#115241).
/// Either refusal counts only once the server says that it is ready.
struct StartUpCheck {
    /// How often a server that is not ready is asked again: with the usual pauses, a quarter of a minute.
    private static let tries = 7

    private var isCertain = false
    private var failures = 0

    /// Returns true where the request is to be sent again, after a pause.
    /// - Throws: ``KubernetesError`` (`unavailable`) for a path that is not served by a server that is still starting:
    ///   nobody can say then that the object does not exist.
    mutating func isToBeTriedAgain(
        after refusal: KubernetesError, by client: KubernetesClient, as credential: Credential
    ) async throws -> Bool {
        guard !isCertain else { return false }
        let readiness = await client.readiness(as: credential)
        if readiness == .ready {
            // It may have become so meanwhile.
            isCertain = true
            return true
        }
        if refusal.code == .notFound, readiness == .unknown { return false }
        guard failures < Self.tries else {
            guard refusal.code == .notFound else { return false }
            throw KubernetesError(
                .unavailable, "the API server answered 404 and says that it is not ready yet", status: refusal.status,
                request: refusal.request)
        }
        failures += 1
        try await client.clock.sleep(until: client.clock.now() + client.pauses.after(failures))
        return true
    }
}

/// What the API server says of itself at `/readyz`.
private enum Readiness {
    case ready
    /// It answers otherwise, or not at all.
    case starting
    /// This user may not ask.
    case unknown
}

extension KubernetesClient {
    fileprivate func readiness(as credential: Credential) async -> Readiness {
        do {
            return try await once(Call(.get, APIPath("/readyz"), "ask whether the server is ready"), as: credential) {
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
