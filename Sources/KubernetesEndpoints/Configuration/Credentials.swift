internal import FoundationEssentials
internal import HTTPTransport
internal import RolloutEngine
internal import Rollouts

/// The credentials of a request, which are never logged.
struct Credential: Hashable, Sendable {
    /// The value of the `Authorization` header.
    var authorization: String?
    var identity: ClientIdentity?
}

/// The credentials of one user, which are renewed when they rotate or expire.
actor Credentials {
    private struct Kept {
        var credential: Credential
        /// When to read the credential again; `nil` for never.
        var until: Timestamp?
    }

    private let user: ClusterConfiguration.User
    private let runs: PluginRunner
    private let clock: any RunClock
    private var kept: Kept?
    /// Requests that need a new credential at the same time share one reading.
    private var reading: Task<Kept, any Error>?

    /// How long a file's contents are used before it is read again, as in client-go.
    static let fileAge = Interval.seconds(10)
    /// How long before its expiry a credential is replaced.
    static let margin = Interval.seconds(10)

    /// Whether a rejected credential can be replaced by a different one.
    nonisolated let canChange: Bool

    init(
        _ configuration: ClusterConfiguration, clock: any RunClock, runs: PluginRunner = .installed
    ) {
        user = configuration.user
        self.clock = clock
        self.runs = runs
        canChange = user.canChange
    }

    /// A valid credential; a different one than `refused` if one is available.
    func current(insteadOf refused: Credential? = nil) async throws -> Credential {
        if let kept, kept.credential != refused, kept.until.map({ clock.now() < $0 }) ?? true {
            return kept.credential
        }
        if let reading { return try await reading.value.credential }
        // Not the task of the first request, because other requests wait for it too.
        let reading = Task { try await read() }
        self.reading = reading
        defer { self.reading = nil }
        let fresh = try await reading.value
        kept = fresh
        return fresh.credential
    }

    private func read() async throws -> Kept {
        var kept = Kept(credential: Credential())
        if let identity = user.identity {
            kept.credential.identity = ClientIdentity(
                certificates: try read(identity.certificates), key: try read(identity.key))
            if identity.isInFiles { kept.until = clock.now() + Self.fileAge }
        }
        switch user.authorization {
        case .nothing: break
        case .token(let token): kept.credential.authorization = "Bearer \(token)"
        case .password(let user, let password):
            kept.credential.authorization = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
        case .tokenFile(let path):
            let token = try SecretFile.text(path)
            guard !token.isEmpty else { throw KubernetesError(.credentials, "the token file \(path) is empty") }
            kept.credential.authorization = "Bearer \(token)"
            kept.until = clock.now() + Self.fileAge
        case .plugin(let plugin):
            let answer = try await runs.run(plugin)
            if let token = answer.token { kept.credential.authorization = "Bearer \(token)" }
            if let identity = answer.identity { kept.credential.identity = identity }
            kept.until = answer.expiry.map { $0 - Self.margin }
        }
        return kept
    }

    private func read(_ pem: ClusterConfiguration.PEM) throws(KubernetesError) -> Data {
        switch pem {
        case .text(let data): data
        case .file(let path): try SecretFile.data(path)
        }
    }
}

extension ClusterConfiguration.Identity {
    var isInFiles: Bool {
        if case .text = certificates, case .text = key { return false }
        return true
    }
}

extension ClusterConfiguration.User {
    fileprivate var canChange: Bool {
        if identity?.isInFiles ?? false { return true }
        return switch authorization {
        case .plugin, .tokenFile: true
        case .nothing, .token, .password: false
        }
    }
}

/// Reads files with tokens, keys and certificates, whose contents are never reported.
enum SecretFile {
    static func data(_ path: String) throws(KubernetesError) -> Data {
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            let reason =
                (error as? CocoaError)?.code == .fileReadNoSuchFile ? "does not exist" : "cannot be read: \(error)"
            throw KubernetesError(.credentials, "the file \(path) \(reason)")
        }
    }

    /// The file's text without surrounding whitespace.
    static func text(_ path: String) throws(KubernetesError) -> String {
        let text = String(decoding: try data(path), as: UTF8.self)
        guard let first = text.firstIndex(where: { !$0.isWhitespace }),
            let last = text.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(text[first...last])
    }
}
