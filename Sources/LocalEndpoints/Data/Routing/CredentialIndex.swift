internal import Rollouts

/// Finds the endpoint that a credential belongs to, in constant time regardless of the number of credentials.
///
/// The first step is a lookup by a hash with a random key for each process, so that its duration reveals nothing about
/// the secrets; matching entries are then compared completely, without an early exit.
struct CredentialIndex: Sendable {
    private struct Entry {
        var secret: [UInt8]
        var expires: Timestamp?
        var endpoint: Int
    }

    private var entries: [Int: [Entry]] = [:]

    /// Creates an index of `credentials`, whose positions are the endpoint indices that ``endpoint(for:wanted:clock:)``
    /// returns.
    init(_ credentials: [[Credential]]) {
        for (endpoint, credentials) in credentials.enumerated() {
            for credential in credentials where !credential.secret.isEmpty {
                let secret = Array(credential.secret.utf8)
                let entry = Entry(secret: secret, expires: credential.expires, endpoint: endpoint)
                entries[secret.withUnsafeBytes(Self.hash), default: []].append(entry)
            }
        }
    }

    /// Returns the index of the endpoint that accepts `secret`, or `nil`; if `wanted` is given, only that endpoint.
    ///
    /// Keys do not expire, so the `clock` is read only for tokens.
    func endpoint(for secret: UnsafeRawBufferPointer, wanted: Int?, clock: () -> Timestamp) -> Int? {
        var found: Int?
        for entry in entries[Self.hash(secret)] ?? [] {
            let fits = Self.areEqual(entry.secret, secret) && entry.expires.map { $0 > clock() } ?? true
            if fits, wanted == nil || wanted == entry.endpoint { found = entry.endpoint }
        }
        return found
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        return hasher.finalize()
    }

    /// Compares every byte, wherever the first difference is.
    private static func areEqual(_ known: [UInt8], _ shown: UnsafeRawBufferPointer) -> Bool {
        guard known.count == shown.count else { return false }
        var difference: UInt8 = 0
        for index in known.indices { difference |= known[index] ^ shown[index] }
        return difference == 0
    }
}
