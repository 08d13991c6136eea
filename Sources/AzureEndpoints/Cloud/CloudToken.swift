internal import FoundationEssentials
package import RolloutEngine
internal import Rollouts

/// Bearer tokens for Azure Resource Manager, from the environment or else of the user signed in to `az`.
///
/// A token is cached until shortly before it expires. Tokens are never written to logs or errors.
package actor CloudToken {
    private struct Kept {
        var token: String
        /// When to request a new token.
        var until: Timestamp
    }

    private let given: String?
    private let az: AzureCommand
    private let clock: any RunClock
    private var kept: Kept?

    package static let variable = "AZURE_ACCESS_TOKEN"
    /// The resource that tokens are requested for.
    package static let resource = "https://management.azure.com"
    /// How long before its expiry a token is replaced; also how long a token without an expiry is cached.
    private static let margin = Interval.minutes(5)

    package init(environment: [String: String], asking az: AzureCommand, clock: any RunClock) {
        given = environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 }
        self.az = az
        self.clock = clock
    }

    /// Returns a valid token; throws ``BackendError``.
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
                error.code, "no token for Azure: \(error.message); sign in with `az login`, or set \(Self.variable)")
        }
        do {
            return try JSONText.decode(Answer.self, from: printed)
        } catch {
            // The output contains a token: do not report it.
            throw BackendError(.refused, "`az account get-access-token` did not print a token")
        }
    }

    private struct Answer: Decodable {
        var accessToken: String
        /// Unix seconds.
        ///
        /// Before version 2.54, `az` prints only `expiresOn`, in local time without a time zone.
        var expiry: Int64?

        enum CodingKeys: String, CodingKey {
            case accessToken
            case expiry = "expires_on"
        }
    }
}
