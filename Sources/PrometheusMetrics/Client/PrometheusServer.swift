internal import FoundationEssentials
package import Rollouts

/// The address of a Prometheus server and how it is queried.
package struct PrometheusServer: Hashable, Sendable {
    /// The base URL including any path prefix, such as `https://prometheus.example/`.
    ///
    /// It contains no secret.
    package var url: String
    package var credentials: PrometheusCredentials
    /// A PEM file with the CA certificates to trust; `nil` for those of the system.
    package var authorityFile: String?
    /// The timeout of one query.
    ///
    /// Default: 10 s.
    package var timeout: Interval
    /// The maximum size of a response in bytes.
    ///
    /// Default: 16 MiB.
    package var responseLimit: Int

    package init(
        url: String, credentials: PrometheusCredentials = .none, authorityFile: String? = nil,
        timeout: Interval = .seconds(10), responseLimit: Int = 16 << 20
    ) {
        self.url = url
        self.credentials = credentials
        self.authorityFile = authorityFile
        self.timeout = timeout
        self.responseLimit = responseLimit
    }

    /// The address of an API function: `PREFIX/api/v1/NAME`.
    func address(of function: String) throws(PrometheusError) -> String {
        guard let parsed = URL(string: url), let scheme = parsed.scheme, ["http", "https"].contains(scheme),
            let host = parsed.host(), !host.isEmpty, parsed.query() == nil, parsed.fragment() == nil
        else {
            throw PrometheusError(.configuration, "'\(url)' is not a server address such as http://127.0.0.1:9090")
        }
        guard parsed.user() == nil, parsed.password() == nil else {
            throw PrometheusError(
                .configuration,
                "the address of \(host) contains a user or password; use 'user' and 'password_file' or 'password_env'")
        }
        guard credentials == .none || scheme == "https" || Self.loopback.contains(host) else {
            throw PrometheusError(
                .configuration, "the credentials for \(host) would be sent unencrypted; use https instead of http")
        }
        return (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/api/v1/" + function
    }

    private static let loopback = ["127.0.0.1", "localhost", "[::1]", "::1"]
}

/// How a client authenticates.
///
/// A playbook never contains the secrets themselves.
package enum PrometheusCredentials: Hashable, Sendable {
    case none
    case bearer(Secret)
    case basic(user: String, Secret)

    /// Where a secret is stored.
    ///
    /// It is read for every query, so that it can be rotated.
    package enum Secret: Hashable, Sendable {
        case environment(String)
        /// The file's text without surrounding whitespace.
        case file(String)

        func value(_ environment: [String: String]) throws(PrometheusError) -> String {
            let value = try text(environment)
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw PrometheusError(.credentials, "\(place) must be a single line without control characters")
            }
            return value
        }

        private var place: String {
            switch self {
            case .environment(let name): "the environment variable \(name)"
            case .file(let path): path
            }
        }

        private func text(_ environment: [String: String]) throws(PrometheusError) -> String {
            switch self {
            case .environment(let name):
                guard let value = environment[name], !value.isEmpty else {
                    throw PrometheusError(.credentials, "\(place) is not set")
                }
                return value
            case .file(let path):
                guard let data = FileManager.default.contents(atPath: path) else {
                    throw PrometheusError(.credentials, "\(place) cannot be read")
                }
                let text = String(decoding: data, as: UTF8.self).trimmingWhitespace
                guard !text.isEmpty else { throw PrometheusError(.credentials, "\(place) is empty") }
                return text
            }
        }
    }

    /// The value of the `authorization` header; `nil` without credentials.
    func header(_ environment: [String: String]) throws(PrometheusError) -> String? {
        switch self {
        case .none: return nil
        case .bearer(let secret): return "Bearer " + (try secret.value(environment))
        case .basic(let user, let secret):
            let pair = user + ":" + (try secret.value(environment))
            return "Basic " + Data(pair.utf8).base64EncodedString()
        }
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        let start = drop { $0.isWhitespace }
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
