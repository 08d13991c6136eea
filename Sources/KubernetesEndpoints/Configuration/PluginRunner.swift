internal import FoundationEssentials
internal import HTTPTransport
internal import Programs
internal import RolloutEngine
internal import Rollouts

/// The credential printed by a plugin.
struct PluginOutput: Hashable, Sendable {
    var token: String?
    var identity: ClientIdentity?
    /// The expiry; `nil` if the credential is valid until it is rejected.
    var expiry: Timestamp?
}

/// Runs credential plugins.
///
/// Tests replace it.
struct PluginRunner: Sendable {
    /// Runs a plugin.
    ///
    /// Errors (``KubernetesError``) never contain its output, which may be secret.
    var run: @Sendable (CredentialPlugin) async throws -> PluginOutput

    static let installed = PluginRunner { plugin in
        try answer(of: plugin, printed: try await output(of: plugin, patience: patience))
    }

    /// The timeout of a plugin, which may ask a person to sign in somewhere.
    private static let patience = Interval.minutes(2)

    static func output(of plugin: CredentialPlugin, patience: Interval) async throws -> String {
        guard plugin.interactiveMode != .always else {
            throw problem(plugin, "needs a terminal (interactiveMode: Always), which is not available during a rollout")
        }
        var variables = ProcessInfo.processInfo.environment
        variables["KUBERNETES_EXEC_INFO"] = execInfo(of: plugin)
        variables.merge(plugin.environment) { _, given in given }
        let launch = ProgramLaunch([plugin.command] + plugin.arguments, environment: variables)
        let printed: ProgramLaunch.Printed?
        do {
            printed = try await launch.printed(within: patience.duration)
        } catch let error as ProgramProblem {
            if error.isMissing { throw problem(plugin, "is not installed", isMissing: true) }
            throw problem(plugin, "could not be run: \(error)")
        }
        guard let printed else { throw problem(plugin, "did not finish within \(patience)") }
        guard printed.end == .exited(0) else { throw problem(plugin, "failed: " + printed.reason) }
        return printed.output
    }

    private static func problem(_ plugin: CredentialPlugin, _ words: String, isMissing: Bool = false) -> KubernetesError
    {
        let hint = isMissing ? plugin.installHint.map { "\n\($0)" } ?? "" : ""
        return KubernetesError(.credentials, "the credential plugin '\(plugin.command)' \(words)\(hint)")
    }

    /// The `ExecCredential` without a status, which plugins receive in their environment.
    static func execInfo(of plugin: CredentialPlugin) -> String {
        var spec: [String: Value] = ["interactive": false]
        spec["cluster"] = plugin.clusterInfo
        return JSONWriter.text([
            "apiVersion": .string(plugin.apiVersion), "kind": "ExecCredential", "spec": .mapping(spec),
        ])
    }

    static func answer(of plugin: CredentialPlugin, printed: String) throws(KubernetesError) -> PluginOutput {
        let value: Value
        do {
            value = try JSONReader.value(printed.utf8)
        } catch {
            // The output may contain a token: do not report it.
            throw problem(plugin, "did not print valid JSON")
        }
        guard value["kind"]?.string == "ExecCredential" else {
            throw problem(plugin, "did not print an ExecCredential")
        }
        guard value["apiVersion"]?.string == plugin.apiVersion else {
            let said = value["apiVersion"]?.string ?? "none"
            throw problem(plugin, "printed apiVersion \(said), but the kubeconfig expects \(plugin.apiVersion)")
        }
        let status = value["status"]
        var answer = PluginOutput()
        answer.token = status?["token"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let certificate = status?["clientCertificateData"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let key = status?["clientKeyData"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        guard (certificate == nil) == (key == nil) else {
            throw problem(plugin, "printed only one of clientCertificateData and clientKeyData")
        }
        if let certificate, let key {
            answer.identity = ClientIdentity(certificates: Data(certificate.utf8), key: Data(key.utf8))
        }
        guard answer.token != nil || answer.identity != nil else {
            throw problem(plugin, "printed neither a token nor a client certificate")
        }
        if let expiry = status?["expirationTimestamp"]?.string {
            guard let moment = Timestamp(rfc3339: expiry) else {
                throw problem(plugin, "printed an expirationTimestamp that is not a valid date")
            }
            answer.expiry = moment
        }
        return answer
    }
}
