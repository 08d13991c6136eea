internal import FoundationEssentials
package import Rollouts

/// Where a Prometheus server is found, and how it is asked.
package struct PrometheusServer: Hashable, Sendable {
    /// `https://prometheus.example/`, with the path under which it stands, if any; nothing secret.
    package var url: String
    package var credentials: PrometheusCredentials
    /// A PEM file with the authorities to be trusted; nil: those of the system.
    package var authorityFile: String?
    /// For one query.
    package var timeout: Interval
    /// Bytes of an answer.
    package var answerLimit: Int

    package init(
        url: String, credentials: PrometheusCredentials = .none, authorityFile: String? = nil,
        timeout: Interval = .seconds(10), answerLimit: Int = 16 << 20
    ) {
        self.url = url
        self.credentials = credentials
        self.authorityFile = authorityFile
        self.timeout = timeout
        self.answerLimit = answerLimit
    }

    /// The address of a function of the API: `PREFIX/api/v1/NAME`.
    func address(of function: String) throws(PrometheusError) -> String {
        guard let parsed = URL(string: url), let scheme = parsed.scheme, ["http", "https"].contains(scheme),
            let host = parsed.host(), !host.isEmpty, parsed.query() == nil, parsed.fragment() == nil
        else {
            throw PrometheusError(.configuration, "'\(url)' is no address such as http://127.0.0.1:9090")
        }
        guard parsed.user() == nil, parsed.password() == nil else {
            throw PrometheusError(
                .configuration,
                "the address of \(host) holds a name or password: give them by a file or an environment variable")
        }
        guard credentials == .none || scheme == "https" || Self.loopback.contains(host) else {
            throw PrometheusError(
                .configuration, "\(host) would get the credentials unencrypted: https is needed, not http")
        }
        return (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/api/v1/" + function
    }

    private static let loopback = ["127.0.0.1", "localhost", "[::1]", "::1"]
}

/// How a client shows who it is; secrets themselves never stand in a playbook.
package enum PrometheusCredentials: Hashable, Sendable {
    case none
    case bearer(Secret)
    case basic(user: String, Secret)

    /// Where a secret is kept; it is read for every query, so that it may be exchanged.
    package enum Secret: Hashable, Sendable {
        case environment(String)
        /// Without the line's end.
        case file(String)

        func value(_ environment: [String: String]) throws(PrometheusError) -> String {
            let value = try text(environment)
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw PrometheusError(.credentials, "\(place) holds more than a line")
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

    /// The header field `authorization`; nil for none.
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
