package import Rollouts

/// How a playbook, or the environment, says how a server lets its reader in; a secret itself stands in neither.
extension PrometheusServer {
    /// What is wrong, and at which key.
    package struct AccessProblem: Error, Hashable, Sendable, CustomStringConvertible {
        /// A key of `access`, or `url`.
        package var key: String
        /// As the rest of a sentence about what stands there; no secret is in it.
        package var message: String

        package var description: String { "\(key) \(message)" }
    }

    /// - Parameters:
    ///   - url: The server's address.
    ///   - access: By the keys of a playbook (`token_env`). Where nothing is said, the variables `TURNOUT_PROMETHEUS_TOKEN` or
    ///     `…_TOKEN_FILE`, `…_USER` with `…_PASSWORD` or `…_PASSWORD_FILE`, and `…_CA` count.
    ///   - environment: Where those are looked up.
    ///   - timeout: For one query.
    /// - Throws: What a playbook has wrong; whether secrets are where they should be is seen when they are used.
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
            throw AccessProblem(key: key, message: "stands beside a user's password: a server takes one of them")
        }
    }

    private static func secret(
        _ what: String, _ access: [String: String]
    ) throws(AccessProblem) -> PrometheusCredentials.Secret? {
        let (variable, path) = (access[what + "_env"], access[what + "_file"])
        guard variable == nil || path == nil else {
            throw AccessProblem(key: what + "_file", message: "stands beside \(what)_env: remove one of them")
        }
        if let variable {
            // Somebody may have written the secret itself: it is not repeated.
            guard variable.isIdentifier else {
                throw AccessProblem(
                    key: what + "_env",
                    message: "is no name of an environment variable; the \(what) itself does not belong into a playbook"
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
                key: key, message: "is no absolute path: what holds secrets does not stand beside playbooks")
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
