package import RolloutEngine
internal import Rollouts

/// Checks access to the cloud: the server's address, the workspace's names, a token, and the workspace itself.
///
/// Nothing is changed, and no secret is reported. A check is skipped if it depends on one that failed.
package struct AzureDoctor: Sendable {
    private let workspace: CloudWorkspace
    private let environment: [String: String]
    private let az: AzureCommand
    private let open: @Sendable () async throws -> AzureBackend

    /// Creates a doctor for a workspace.
    ///
    /// - Parameters:
    ///   - workspace: The names from the settings.
    ///   - environment: The environment variables.
    ///   - az: Provides what neither the settings nor the environment say.
    ///   - open: Opens the workspace, after its names and a token were found.
    package init(
        _ workspace: CloudWorkspace, environment: [String: String], asking az: AzureCommand = .installed,
        opening open: (@Sendable () async throws -> AzureBackend)? = nil
    ) {
        self.workspace = workspace
        self.environment = environment
        self.az = az
        self.open = open ?? { try await AzureBackend.cloud(workspace, environment: environment, asking: az) }
    }

    package func look() async -> [Diagnosis] {
        let known = await [
            Self.diagnosis { try server() }, Self.diagnosis { try await names() }, Self.diagnosis { try await token() },
        ]
        guard known.allSatisfy({ $0.level == .ok }) else { return known }
        return known + [await Self.diagnosis { try await answer() }]
    }

    /// A diagnosis with the sentence that `look` returns, or the error that it throws.
    private static func diagnosis(_ look: () async throws -> String) async -> Diagnosis {
        do { return Diagnosis(.ok, "azure", try await look()) } catch { return Diagnosis(.error, "azure", "\(error)") }
    }

    private func server() throws -> String {
        let authority = AzureBackend.authorityVariables.first { environment[$0]?.isEmpty == false }
        return "the server is \(try AzureBackend.origin(in: environment)); its certificate must be issued by "
            + (authority.map { "a CA in the file that \($0) names" } ?? "a CA that this machine trusts")
    }

    private func names() async throws -> String {
        let id = try await workspace.found(in: environment, try AzureConfiguration(of: environment), asking: az)
        return "the workspace is \(id.name) in resource group \(id.resourceGroup), subscription \(id.subscription)"
    }

    private func token() async throws -> String {
        _ = try await CloudToken(environment: environment, asking: az, clock: SystemClock()).value()
        return environment[CloudToken.variable]?.isEmpty == false
            ? "a token is available from \(CloudToken.variable)" : "a token is available from the user signed in to az"
    }

    /// Requests the workspace's region, which also loads the CA certificates.
    private func answer() async throws -> String {
        let azure = try await open()
        do {
            let location = try await azure.client.location()
            await azure.close()
            return "the workspace responds" + (location.map { ", in region \($0)" } ?? "")
        } catch {
            await azure.close()
            throw error
        }
    }
}
