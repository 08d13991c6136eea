internal import FoundationEssentials
package import RolloutEngine
internal import Rollouts

/// Bearer tokens for Azure Resource Manager: the one that the environment holds, else those of who is signed in to `az`.
///
/// A token is kept until shortly before it expires. None is ever written to a log or an error.
package actor CloudToken {
    private struct Kept {
        var token: String
        /// From then on another one is asked for.
        var until: Timestamp
    }

    private let given: String?
    private let az: AzureCommand
    private let clock: any RunClock
    private var kept: Kept?

    package static let variable = "AZURE_ACCESS_TOKEN"
    /// Whom tokens are for.
    package static let resource = "https://management.azure.com"
    /// A token is replaced so long before it expires, and one that doesn't say when is kept so long.
    private static let margin = Interval.minutes(5)

    package init(environment: [String: String], asking az: AzureCommand, clock: any RunClock) {
        given = environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 }
        self.az = az
        self.clock = clock
    }

    /// A token that is still good; throws ``BackendError``.
    package func value() async throws -> String {
        if let given { return given }
        if let kept, clock.now() < kept.until { return kept.token }
        let answer = try await asked()
        let now = clock.now()
        let expiry = answer.expiry.map { Timestamp(milliseconds: $0 * 1000) - Self.margin }
        kept = Kept(token: answer.accessToken, until: expiry ?? now + Self.margin)
        return answer.accessToken
    }

    private func asked() async throws -> Answer {
        let printed: String
        do {
            printed = try await az.output([
                "account", "get-access-token", "--resource", Self.resource, "--output", "json",
            ])
        } catch let error as BackendError {
            throw BackendError(
                error.code,
                "there is no token for Azure, \(error.message): sign in with `az login`, or set \(Self.variable)")
        }
        do {
            return try JSONText.decode(Answer.self, from: printed)
        } catch {
            // What it printed holds a token: it is not told.
            throw BackendError(.refused, "`az account get-access-token` printed something else than a token")
        }
    }

    private struct Answer: Decodable {
        var accessToken: String
        /// Unix seconds; `az` before 2.54 tells only `expiresOn`, in local time without its zone.
        var expiry: Int64?

        enum CodingKeys: String, CodingKey {
            case accessToken
            case expiry = "expires_on"
        }
    }
}
