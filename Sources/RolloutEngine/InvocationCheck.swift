internal import FoundationEssentials
package import Rollouts

extension Invocation.Expectation {
    /// Returns how `response` violates the expectation, or `nil` if it meets it.
    package func failure(of response: InferenceResponse) -> String? {
        guard response.status == status else {
            return "answered with status \(response.status), expected \(status): \(response.body.prefix(200))"
        }
        if let within, response.latency > within {
            return "took \(response.latency), expected at most \(within)"
        }
        guard let json else { return nil }
        do {
            let answer = try JSONReader.value(response.body.utf8).normalizedByJSON
            return answer.contains(json) ? nil : "answered \(response.body.prefix(200)), without the expected JSON"
        } catch {
            return "answered \(response.body.prefix(200)), which is not JSON"
        }
    }
}

extension Backend {
    /// Sends the test requests one after another, and describes the first failure, if any.
    func failure(of invocation: Invocation, on endpoint: Name) async throws -> String? {
        for time in 1...max(invocation.times, 1) {
            try Task.checkCancellation()
            let response = try await invoke(endpoint, deployment: invocation.deployment, invocation.request)
            guard let failure = invocation.expect.failure(of: response) else { continue }
            return "request \(time) of \(invocation.times) \(failure)"
        }
        return nil
    }
}
