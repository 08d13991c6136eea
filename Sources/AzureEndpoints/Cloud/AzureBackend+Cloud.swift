package import AssetFiles
internal import FoundationEssentials
internal import HTTPTransport
package import Logging
package import RolloutEngine

extension AzureBackend {
    /// The variables by which the Azure SDK is pointed at another server, and told whom to trust.
    package static let originVariable = "AZUREML_DEV_URL_MFE"
    package static let authorityVariables = ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"]

    /// The endpoints of a workspace in the cloud; tried against the emulator alone.
    /// - Throws: ``BackendError`` that says what is missing: the workspace's names, or a certificate that can be read.
    package static func cloud(
        _ workspace: CloudWorkspace, environment: [String: String], asking az: AzureCommand = .installed,
        clock: any RunClock = SystemClock(), logger: Logger = Logger(label: "turnout.azure"),
        yaml: @escaping YAMLReader = { _ in throw AssetProblem("YAML cannot be read here") }
    ) async throws -> AzureBackend {
        let configuration = try AzureConfiguration(of: environment)
        let found = try await workspace.found(in: environment, configuration, asking: az)
        let origin = try origin(in: environment)
        let authority = authorityVariables.compactMap { environment[$0] }.first { !$0.isEmpty }
        let transport = try NetworkTransport.trusting(authority.map { .file($0) } ?? .system)
        let token = CloudToken(environment: environment, asking: az, clock: clock)
        let client = AzureClient(workspace: found, transport: transport, clock: clock, logger: logger) {
            AzureConnection(origin: origin) { try await token.value() }
        }
        return AzureBackend(client, flavour: .cloud, clock: clock, yaml: yaml)
    }

    /// `https://HOST[:PORT]`, without a slash at its end; a token is never sent in the clear.
    package static func origin(in environment: [String: String]) throws(BackendError) -> String {
        guard let said = environment[originVariable], !said.isEmpty else { return CloudToken.resource }
        let trimmed = said.last == "/" ? String(said.dropLast()) : said
        let host = trimmed.dropFirst("https://".count)
        guard trimmed.lowercased().hasPrefix("https://"), !host.isEmpty, !host.contains("/") else {
            throw BackendError(
                .refused, "\(originVariable) is '\(said)': https://HOST or https://HOST:PORT is possible")
        }
        return trimmed
    }

    /// Whether the server is one of this machine, such as the local emulator.
    package static func isOnThisMachine(in environment: [String: String]) -> Bool {
        do throws(BackendError) {
            let host = URLComponents(string: try origin(in: environment))?.host
            return ["127.0.0.1", "localhost", "[::1]", "::1"].contains(host)
        } catch {
            return false  // reported when the backend is opened
        }
    }
}
