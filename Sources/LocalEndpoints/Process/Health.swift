internal import HTTPTransport
internal import Rollouts

/// The emulator's health check.
package enum Health {
    /// Whether the process described by `record` responds to its health check.
    package static func isHealthy(_ record: ServeRecord) async -> Bool {
        do {
            let request = HTTPRequest(.get, record.data + "/healthz", timeout: .seconds(2))
            return try await NetworkTransport.shared.send(request).status == 200
        } catch {
            return false  // whatever the reason, the emulator does not respond
        }
    }
}
