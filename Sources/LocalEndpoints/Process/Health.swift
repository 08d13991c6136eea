internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// Whether an emulator answers.
package enum Health {
    /// True where the process behind `record` says that it is alive.
    package static func isWell(_ record: ServeRecord) async -> Bool {
        do {
            let request = HTTPClientRequest(url: record.data + "/healthz")
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(2))
            return response.status == .ok
        } catch {
            return false  // whatever hinders it, it does not answer
        }
    }
}
