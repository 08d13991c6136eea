internal import Rollouts

/// Finds whose credential a client shows, in constant time and at the same cost however many there are.
///
/// The first step is a look-up by a hash whose key is random for each process, so that its duration tells nothing
/// about the secrets; what is found then is compared in full, without a shortcut.
struct CredentialIndex: Sendable {
    private struct Entry {
        var secret: [UInt8]
        var expires: Timestamp?
        var endpoint: Int
    }

    private var entries: [Int: [Entry]] = [:]

    /// `credentials` in the order of the endpoints whose indices are answered.
    init(_ credentials: [[Credential]]) {
        for (endpoint, credentials) in credentials.enumerated() {
            for credential in credentials where !credential.secret.isEmpty {
                let secret = Array(credential.secret.utf8)
                let entry = Entry(secret: secret, expires: credential.expires, endpoint: endpoint)
                entries[secret.withUnsafeBytes(Self.hash), default: []].append(entry)
            }
        }
    }

    /// The endpoint that lets in who shows `secret`, or nil; only `wanted` where one is named.
    ///
    /// Keys have no end, so that the `clock` is read for tokens alone.
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

    /// Looks at every byte, wherever the first difference is.
    private static func areEqual(_ known: [UInt8], _ shown: UnsafeRawBufferPointer) -> Bool {
        guard known.count == shown.count else { return false }
        var difference: UInt8 = 0
        for index in known.indices { difference |= known[index] ^ shown[index] }
        return difference == 0
    }
}
