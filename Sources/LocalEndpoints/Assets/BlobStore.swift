internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Rollouts
internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Uploaded files on disk, under the paths that clients gave them, so that a folder of code is a folder here.
struct BlobStore: Sendable {
    /// Of all blobs.
    let folder: String
    /// Of uploads that are not whole yet.
    private let partial: String
    /// Signs addresses that open a container without the bearer token.
    private let secret: String

    /// The largest blob.
    static let limit = 1 << 30
    /// The longest time that one may take to arrive.
    static let patience = Duration.seconds(15 * 60)
    /// How long a signed address opens its container.
    private static let signatureLife = Interval.hours(24)

    init(folder: String, secret: String) throws(EmulatorError) {
        self.folder = folder + "/blobs"
        self.partial = folder + "/partial"
        self.secret = secret
        try LocalFolder.make(self.folder)
        // What a killed process left is not whole, and nobody asks for it.
        do {
            if FileManager.default.fileExists(atPath: partial) { try FileManager.default.removeItem(atPath: partial) }
        } catch {
            throw EmulatorError(.storage, "\(partial): it could not be emptied: \(error)")
        }
        try LocalFolder.make(partial)
    }

    func path(_ blob: BlobPath) -> String { "\(folder)/\(blob.relative)" }

    /// A query that opens `container` for a day.
    func signature(of container: String, now: Timestamp) -> String {
        let expires = (now + Self.signatureLife).description
        return "sv=2025-01-05&sr=c&sp=rwl&se=\(expires.replacing(":", with: "%3A"))&sig=\(sign(container, expires))"
    }

    /// True for a query that ``signature(of:now:)`` made and that has not expired.
    func isOpen(_ container: String, query: [String: String], now: Timestamp) -> Bool {
        guard let expires = query["se"], let shown = query["sig"] else { return false }
        // Timestamps of one form compare as texts.
        return SecretDigest(sign(container, expires)).matches(shown) && now.description < expires
    }

    private func sign(_ container: String, _ expires: String) -> String {
        Secrets.signature(of: "\(container)\n\(expires)", key: secret)
    }

    /// Writes what arrives to a file that gets its name once it is whole.
    func put(_ body: RequestBody, as blob: BlobPath) async throws {
        let name = "\(partial)/\(Secrets.identifier())"
        let file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw EmulatorError.system(name, doing: "creating", errno: errno) }
        defer { close(file) }
        do {
            try await within(Self.patience) {
                var count = 0
                for try await part in body {
                    count += part.readableBytes
                    guard count <= Self.limit else { throw ControlError.tooLarge(Self.limit) }
                    try part.withUnsafeReadableBytes { try Descriptor.write($0, to: file, path: name) }
                }
            }
            try LocalFolder.make(path(blob.parent))
            guard rename(name, path(blob)) == 0 else {
                throw EmulatorError.system(path(blob), doing: "naming", errno: errno)
            }
        } catch {
            unlink(name)
            throw error
        }
    }

    /// Puts blocks that were uploaded one by one together.
    func join(_ blocks: [BlobPath], as blob: BlobPath) async throws {
        let parts = blocks.map { path($0) }
        try await put(
            RequestBody(
                asyncSequence: AsyncThrowingStream { continuation in
                    do {
                        for part in parts {
                            guard FileManager.default.fileExists(atPath: part) else {
                                throw ControlError(
                                    .badRequest, "InvalidBlockList", "a block of the list was not uploaded")
                            }
                            continuation.yield(ByteBuffer(bytes: try Data(contentsOf: URL(filePath: part))))
                        }
                        continuation.finish()
                    } catch {
                        continuation.finish(throwing: error)
                    }
                }), as: blob)
        for part in parts { try StateFile.remove(part) }
    }

    /// Size and time of change of a blob; nil where there is none.
    func attributes(of blob: BlobPath) throws(EmulatorError) -> (size: Int, modified: Timestamp)? {
        guard let facts = FileFacts(path: path(blob)) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system(path(blob), doing: "looking at it", errno: errno)
        }
        guard facts.isRegular else { return nil }
        return (facts.size, Timestamp(milliseconds: Int64(facts.modified) * 1000))
    }
}

extension BlobPath {
    /// The folder that it is in.
    var parent: BlobPath { BlobPath(container: container, segments: segments.dropLast()) }

    private init(container: String, segments: some Sequence<String>) {
        self.container = container
        self.segments = Array(segments)
    }
}
