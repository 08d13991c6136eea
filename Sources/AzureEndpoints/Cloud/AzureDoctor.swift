package import RolloutEngine
internal import Rollouts

/// Looks at what the cloud is reached by: the server's address, the workspace's names, a token, and the workspace itself.
///
/// Nothing is changed, and nothing that is secret is told. What depends on something that is missing is not looked at.
package struct AzureDoctor: Sendable {
    private let workspace: CloudWorkspace
    private let environment: [String: String]
    private let az: AzureCommand
    private let open: @Sendable () async throws -> AzureBackend

    /// Looks with what the settings say, with the environment, and with `az` for what nothing else says.
    ///
    /// `open` opens the workspace, once its names and a token are known.
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

    /// The sentence that `look` gives, or the error that it throws.
    private static func diagnosis(_ look: () async throws -> String) async -> Diagnosis {
        do { return Diagnosis(.ok, "azure", try await look()) } catch { return Diagnosis(.error, "azure", "\(error)") }
    }

    private func server() throws -> String {
        let authority = AzureBackend.authorityVariables.first { environment[$0]?.isEmpty == false }
        return "the server is \(try AzureBackend.origin(in: environment)), and its certificate is vouched for by "
            + (authority.map { "the authority that \($0) names" } ?? "an authority that this machine trusts")
    }

    private func names() async throws -> String {
        let id = try await workspace.found(in: environment, try AzureConfiguration(of: environment), asking: az)
        return "the workspace is \(id.name) in resource group \(id.resourceGroup), subscription \(id.subscription)"
    }

    private func token() async throws -> String {
        _ = try await CloudToken(environment: environment, asking: az, clock: SystemClock()).value()
        return environment[CloudToken.variable]?.isEmpty == false
            ? "there is a token: that of \(CloudToken.variable)" : "there is a token: that of who is signed in to az"
    }

    /// What reads the authority's certificate, and asks the workspace for its place.
    private func answer() async throws -> String {
        let azure = try await open()
        do {
            let location = try await azure.client.location()
            await azure.close()
            return "the workspace answers" + (location.map { ": it is in \($0)" } ?? "")
        } catch {
            await azure.close()
            throw error
        }
    }
}
