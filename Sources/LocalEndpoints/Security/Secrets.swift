internal import Crypto
internal import FoundationEssentials
internal import Support

/// Secrets are drawn from the system's generator, and compared by digests so that time tells nothing of them.
enum Secrets {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// Letters and digits, as in Azure's keys; 43 of them hold 256 bits.
    static func draw(_ count: Int = 43) -> String {
        var generator = SystemRandomNumberGenerator()
        return String(
            decoding: (0..<count).map { _ in letters[Int.random(in: letters.indices, using: &generator)] },
            as: UTF8.self)
    }

    /// A random UUID in lower case, as Azure writes them.
    static func identifier() -> String { UUID().uuidString.lowercased() }

    /// `hmac` of `text` under `key`, as lowercase hexadecimal.
    static func signature(of text: String, key: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: Data(key.utf8))).hexadecimal
    }
}

/// What is kept of a secret to recognize it by.
struct SecretDigest: Sendable {
    private let digest: SHA256.Digest

    init(_ secret: some StringProtocol) { digest = SHA256.hash(data: Data(secret.utf8)) }

    /// In constant time: swift-crypto compares digests so, and the length of what is shown does not matter to them.
    func matches(_ shown: some StringProtocol) -> Bool { SecretDigest(shown).digest == digest }
}
