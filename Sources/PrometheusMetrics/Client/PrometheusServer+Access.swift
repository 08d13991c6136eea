package import Rollouts

/// Reads a server's access settings from a playbook or the environment.
///
/// Neither contains the secrets themselves.
extension PrometheusServer {
    /// The key whose value is invalid, and why.
    package struct AccessProblem: Error, Hashable, Sendable, CustomStringConvertible {
        /// A key of `access`, or `url`.
        package var key: String
        /// A predicate that follows the key in a sentence.
        ///
        /// It never contains a secret.
        package var message: String

        package var description: String { "\(key) \(message)" }
    }

    /// Creates a server from access settings.
    ///
    /// - Parameters:
    ///   - url: The server's address.
    ///   - access: Access settings by their playbook keys, such as `token_env`. If empty, the environment variables
    ///     `TURNOUT_PROMETHEUS_TOKEN` or `…_TOKEN_FILE`, `…_USER` with `…_PASSWORD` or `…_PASSWORD_FILE`, and `…_CA`
    ///     apply.
    ///   - environment: The environment variables in which those are looked up.
    ///   - timeout: The timeout of one query. Default: 10 s.
    /// - Throws: ``AccessProblem`` if the settings are invalid. Whether the secrets exist is checked when they are
    ///   used.
    package init(
        url: String, access: [String: String], environment: [String: String] = [:], timeout: Interval = .seconds(10)
    ) throws(AccessProblem) {
        let credentials =
            access.isEmpty ? Self.credentials(in: environment) : try Self.credentials(access)
        let authority = access["ca_file"] ?? environment["TURNOUT_PROMETHEUS_CA"]
        if let path = access["ca_file"] { try Self.checkPath("ca_file", path) }
        self.init(url: url, credentials: credentials, authorityFile: authority, timeout: timeout)
        do throws(PrometheusError) {
            _ = try address(of: "query")
        } catch {
            throw AccessProblem(key: "url", message: "is wrong: \(error)")
        }
    }

    private static func credentials(_ access: [String: String]) throws(AccessProblem) -> PrometheusCredentials {
        let token = try secret("token", access)
        let password = try secret("password", access)
        switch (token, access["user"], password) {
        case (nil, nil, nil): return .none
        case (let token?, nil, nil): return .bearer(token)
        case (nil, let user?, let password?): return .basic(user: user, password)
        case (nil, _?, nil):
            throw AccessProblem(key: "user", message: "has no password: add password_env or password_file")
        case (nil, nil, _?):
            let key = access["password_env"] == nil ? "password_file" : "password_env"
            throw AccessProblem(key: key, message: "has no user: add 'user'")
        case (_?, _, _):
            let key = access["token_env"] == nil ? "token_file" : "token_env"
            throw AccessProblem(key: key, message: "cannot be combined with 'user' and a password: remove one of them")
        }
    }

    private static func secret(
        _ what: String, _ access: [String: String]
    ) throws(AccessProblem) -> PrometheusCredentials.Secret? {
        let (variable, path) = (access[what + "_env"], access[what + "_file"])
        guard variable == nil || path == nil else {
            throw AccessProblem(key: what + "_file", message: "cannot be combined with \(what)_env: remove one of them")
        }
        if let variable {
            // The value may be the secret itself, so it is not repeated.
            guard variable.isIdentifier else {
                throw AccessProblem(
                    key: what + "_env",
                    message: "is not the name of an environment variable; never put the \(what) itself into a playbook"
                )
            }
            return .environment(variable)
        }
        guard let path else { return nil }
        try checkPath(what + "_file", path)
        return .file(path)
    }

    private static func checkPath(_ key: String, _ path: String) throws(AccessProblem) {
        guard path.hasPrefix("/") else {
            throw AccessProblem(
                key: key, message: "is not an absolute path; keep files with secrets outside the playbook's folder")
        }
    }

    private static func credentials(in environment: [String: String]) -> PrometheusCredentials {
        func secret(_ name: String) -> PrometheusCredentials.Secret? {
            if environment[name] != nil { return .environment(name) }
            return environment[name + "_FILE"].map { .file($0) }
        }
        if let token = secret("TURNOUT_PROMETHEUS_TOKEN") { return .bearer(token) }
        guard let user = environment["TURNOUT_PROMETHEUS_USER"], let password = secret("TURNOUT_PROMETHEUS_PASSWORD")
        else { return .none }
        return .basic(user: user, password)
    }
}
