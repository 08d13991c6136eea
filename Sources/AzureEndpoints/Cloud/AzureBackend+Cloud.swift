package import AssetFiles
internal import FoundationEssentials
internal import HTTPTransport
package import Logging
package import RolloutEngine

extension AzureBackend {
    /// The variable that points the Azure SDK to another server.
    package static let originVariable = "AZUREML_DEV_URL_MFE"
    /// The variables that name a CA file for the Azure SDK, in order of precedence.
    package static let authorityVariables = ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"]

    /// The endpoints of a workspace in the cloud.
    ///
    /// Tested only against the emulator.
    ///
    /// - Throws: ``BackendError`` if the workspace's names cannot be determined, or the CA certificates cannot be read.
    package static func cloud(
        _ workspace: CloudWorkspace, environment: [String: String], asking az: AzureCommand = .installed,
        clock: any RunClock = SystemClock(), logger: Logger = Logger(label: "turnout.azure"),
        yaml: @escaping YAMLReader = { _ in throw AssetProblem("YAML cannot be read here") }
    ) async throws -> AzureBackend {
        let configuration = try AzureConfiguration(of: environment)
        let found = try await workspace.found(in: environment, configuration, asking: az)
        let origin = try origin(in: environment)
        let authority = authorityVariables.compactMap { environment[$0] }.first { !$0.isEmpty }
        let transport = try NetworkTransport.trusting(
            authority.map { .file($0) } ?? .system, setBy: authorityVariables.joined(separator: " or "))
        let token = CloudToken(environment: environment, asking: az, clock: clock)
        let client = AzureClient(workspace: found, transport: transport, clock: clock, logger: logger) {
            AzureConnection(origin: origin) { try await token.value() }
        }
        return AzureBackend(client, flavour: .cloud, clock: clock, yaml: yaml)
    }

    /// `https://HOST[:PORT]` without a trailing slash.
    ///
    /// A token is never sent unencrypted.
    package static func origin(in environment: [String: String]) throws(BackendError) -> String {
        guard let said = environment[originVariable], !said.isEmpty else { return CloudToken.resource }
        let trimmed = said.last == "/" ? String(said.dropLast()) : said
        let host = trimmed.dropFirst("https://".count)
        guard trimmed.lowercased().hasPrefix("https://"), !host.isEmpty, !host.contains("/") else {
            throw BackendError(
                .refused, "\(originVariable) is '\(said)', expected https://HOST or https://HOST:PORT")
        }
        return trimmed
    }

    /// Whether the server runs on this machine, such as the local emulator.
    package static func isOnThisMachine(in environment: [String: String]) -> Bool {
        do throws(BackendError) {
            let host = URLComponents(string: try origin(in: environment))?.host
            return ["127.0.0.1", "localhost", "[::1]", "::1"].contains(host)
        } catch {
            return false  // reported when the backend is opened
        }
    }
}
