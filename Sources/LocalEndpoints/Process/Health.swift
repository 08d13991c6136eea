internal import HTTPTransport
internal import Rollouts

/// Whether an emulator answers.
package enum Health {
    /// True where the process behind `record` says that it is alive.
    package static func isWell(_ record: ServeRecord) async -> Bool {
        do {
            let request = HTTPRequest(.get, record.data + "/healthz", timeout: .seconds(2))
            return try await NetworkTransport.shared.send(request).status == 200
        } catch {
            return false  // whatever hinders it, it does not answer
        }
    }
}
