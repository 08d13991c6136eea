internal import Crypto
internal import FoundationEssentials
internal import Support

/// Generates secrets with the system's random number generator.
///
/// Secrets are compared by their digests, so that the time of a comparison reveals nothing about them.
enum Secrets {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// Generates a secret of letters and digits, as in Azure's keys; 43 characters hold 256 bits.
    static func draw(_ count: Int = 43) -> String {
        var generator = SystemRandomNumberGenerator()
        return String(
            decoding: (0..<count).map { _ in letters[Int.random(in: letters.indices, using: &generator)] },
            as: UTF8.self)
    }

    /// A random UUID in lower case, as Azure writes them.
    static func identifier() -> String { UUID().uuidString.lowercased() }

    /// The HMAC-SHA256 of `text` under `key`, in lowercase hexadecimal.
    static func signature(of text: String, key: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: Data(key.utf8))).hexadecimal
    }
}

/// The digest of a secret, to compare presented secrets with.
struct SecretDigest: Sendable {
    private let digest: SHA256.Digest

    init(_ secret: some StringProtocol) { digest = SHA256.hash(data: Data(secret.utf8)) }

    /// Compares in constant time, as swift-crypto compares digests; the length of `shown` does not affect the
    /// comparison.
    func matches(_ shown: some StringProtocol) -> Bool { SecretDigest(shown).digest == digest }
}
