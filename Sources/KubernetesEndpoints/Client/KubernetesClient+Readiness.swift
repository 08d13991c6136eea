internal import Logging
internal import RolloutEngine
internal import Rollouts

/// What a refusal for want of a right is worth.
///
/// An API server that has just started forbids everything to everybody but administrators, until it has read the roles
/// and bindings. Only what it forbids when it says that it is ready is forbidden.
struct ForbiddenCheck {
    /// How often a server that is not ready is asked again: with the usual pauses, a quarter of a minute.
    private static let tries = 7

    private var isCertain = false
    private var failures = 0

    /// Returns true where the request is to be sent again, after a pause.
    mutating func isToBeTriedAgain(by client: KubernetesClient, as credential: Credential) async throws -> Bool {
        guard !isCertain, failures < Self.tries else { return false }
        if await client.isReady(as: credential) {
            // It may have become so meanwhile.
            isCertain = true
            return true
        }
        failures += 1
        try await client.clock.sleep(until: client.clock.now() + client.pauses.after(failures))
        return true
    }
}

extension KubernetesClient {
    /// Whether the server says that it is; who may not ask is not told that it is.
    fileprivate func isReady(as credential: Credential) async -> Bool {
        do {
            return try await once(Call(.get, APIPath("/readyz"), "ask whether the server is ready"), as: credential) {
                $0.status == 200
            }
        } catch {
            logger.debug("not ready", metadata: ["error": "\(error)"])
            return false
        }
    }
}
