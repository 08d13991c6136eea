import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// Clients that send requests to a gateway at a steady rate, whatever it answers, and count what they see.
///
/// They begin to count with the first answer that is 200: before that, nobody serves.
final class LiveClients: Sendable {
    struct Tally: Sendable {
        /// By the deployment that the answer names.
        var answered: [String: Int] = [:]
        /// By what went wrong, with the moment of the first.
        var failures: [String: Int] = [:]
        var sent: Int { answered.values.reduce(0, +) + failures.values.reduce(0, +) }
    }

    private let address: String
    private let state = Mutex((tally: Tally(), isServed: false, hasEnded: false))

    private init(_ address: String) { self.address = address }

    var tally: Tally { state.withLock { $0.tally } }

    /// Sends while `body` runs; returns what was counted.
    @discardableResult static func during(
        _ address: String, rate: Int = 40, _ body: (LiveClients) async throws -> Void
    ) async throws -> Tally {
        let clients = LiveClients(address)
        async let sending: Void = clients.send(rate: rate)
        do {
            try await body(clients)
        } catch {
            Issue.record(error)
        }
        clients.state.withLock { $0.hasEnded = true }
        await sending
        return clients.tally
    }

    private func send(rate: Int) async {
        let clock = ContinuousClock()
        await withDiscardingTaskGroup { group in
            var due = clock.now
            while !state.withLock({ $0.hasEnded }) {
                group.addTask { await self.one() }
                due += .seconds(1) / rate
                // Cancelled: it ends all the same.
                if (try? await clock.sleep(until: due)) == nil { return }
            }
        }
    }

    private func one() async {
        var request = HTTPClientRequest(url: address + "/score")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: "{}"))
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            _ = try await response.body.collect(upTo: 1 << 20)
            let deployment = response.headers.first(name: "azureml-model-deployment")
            count(response.status == .ok ? deployment : nil, "status \(response.status.code)")
        } catch {
            count(nil, "\(error)")
        }
    }

    private func count(_ deployment: String?, _ failure: String) {
        state.withLock { state in
            if let deployment {
                state.isServed = true
                state.tally.answered[deployment, default: 0] += 1
            } else if state.isServed {
                state.tally.failures[failure, default: 0] += 1
            }
        }
    }
}
