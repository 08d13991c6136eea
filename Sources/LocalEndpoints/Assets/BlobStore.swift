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

/// Stores uploaded files on disk under the paths that clients gave them, so that a folder of code stays a folder.
struct BlobStore: Sendable {
    /// The folder of all blobs.
    let folder: String
    /// The folder of incomplete uploads.
    private let partial: String
    /// The key that signs addresses, which open a container without the bearer token.
    private let secret: String

    /// The maximum size of a request body, in bytes.
    static let limit = 1 << 30
    /// The maximum size of a blob that is assembled from blocks, in bytes.
    static let joinedSizeLimit = 1 << 40
    /// The timeout for receiving one body.
    static let patience = Duration.seconds(15 * 60)
    /// How long a signed address is valid.
    private static let signatureLifetime = Interval.hours(24)

    init(folder: String, secret: String) throws(EmulatorError) {
        self.folder = folder + "/blobs"
        self.partial = folder + "/partial"
        self.secret = secret
        try LocalFolder.make(self.folder)
        // Uploads that a killed process left behind are incomplete and no longer needed.
        do {
            if FileManager.default.fileExists(atPath: partial) { try FileManager.default.removeItem(atPath: partial) }
        } catch {
            throw EmulatorError(.storage, "\(partial) could not be emptied: \(error)")
        }
        try LocalFolder.make(partial)
    }

    func path(_ blob: BlobPath) -> String { "\(folder)/\(blob.relative)" }

    /// A URL query that gives access to `container` for 24 hours.
    func signature(of container: String, now: Timestamp) -> String {
        let expires = (now + Self.signatureLifetime).description
        return "sv=2025-01-05&sr=c&sp=rwl&se=\(expires.replacing(":", with: "%3A"))&sig=\(sign(container, expires))"
    }

    /// Whether the query was created by ``signature(of:now:)`` and has not expired.
    func isOpen(_ container: String, query: [String: String], now: Timestamp) -> Bool {
        guard let expires = query["se"], let shown = query["sig"] else { return false }
        // Timestamps in the same format can be compared as strings.
        return SecretDigest(sign(container, expires)).matches(shown) && now.description < expires
    }

    private func sign(_ container: String, _ expires: String) -> String {
        Secrets.signature(of: "\(container)\n\(expires)", key: secret)
    }

    /// Stores a request body as a blob; it becomes visible only when it is complete.
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

    /// Assembles a blob from blocks that were uploaded separately, then removes the blocks.
    func join(_ blocks: [BlobPath], as blob: BlobPath) async throws {
        let name = "\(partial)/\(Secrets.identifier())"
        let file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw EmulatorError.system(name, doing: "creating", errno: errno) }
        defer { close(file) }
        do {
            var count = 0
            for block in blocks {
                guard let size = try attributes(of: block)?.size else {
                    throw ControlError(.badRequest, "InvalidBlockList", "a block in the list was not uploaded")
                }
                count += size
                guard count <= Self.joinedSizeLimit else { throw ControlError.tooLarge(Self.joinedSizeLimit) }
                var reader = try reader(block, 0..<size)
                while let part = try reader.next() {
                    try part.withUnsafeReadableBytes { try Descriptor.write($0, to: file, path: name) }
                    await Task.yield()
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
        for block in Set(blocks) { try StateFile.remove(path(block)) }
    }

    /// A blob's size, modification time and ETag.
    struct Attributes: Hashable, Sendable {
        var size: Int
        var modified: Timestamp
        /// Changes whenever the blob is written, for example `"0x1D"`.
        var etag: String

        fileprivate init(_ facts: FileFacts) {
            size = facts.size
            modified = Timestamp(milliseconds: Int64(facts.modified) * 1000)
            let parts = [UInt64(facts.modified), UInt64(facts.modifiedNanoseconds), facts.number]
            etag = "\"0x\(parts.map { String($0, radix: 16, uppercase: true) }.joined())\""
        }
    }

    /// The attributes of a blob; nil if it does not exist.
    func attributes(of blob: BlobPath) throws(EmulatorError) -> Attributes? {
        guard let facts = FileFacts(path: path(blob)) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system(path(blob), doing: "reading its attributes", errno: errno)
        }
        return facts.isRegular ? Attributes(facts) : nil
    }

    /// The blobs of a container, sorted by the bytes of their paths; empty if the container does not exist.
    func blobs(in container: BlobPath) throws -> [BlobPath] {
        guard FileManager.default.fileExists(atPath: path(container)) else { return [] }
        var found: [BlobPath] = []
        func look(_ folder: BlobPath) throws {
            for name in try FileManager.default.contentsOfDirectory(atPath: path(folder)) {
                let child = folder.child(name)
                guard let facts = FileFacts(path: path(child)) else { continue }  // removed in the meantime
                if facts.isFolder { try look(child) } else if facts.isRegular { found.append(child) }
            }
        }
        try look(container)
        return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    func reader(_ blob: BlobPath, _ range: Range<Int>) throws(EmulatorError) -> OpenBlob {
        try OpenBlob(path(blob), range)
    }
}

/// Reads a range of a blob part by part, from the file as it was opened even if the blob is replaced meanwhile.
struct OpenBlob: ~Copyable {
    private let path: String
    private let file: Int32
    private var rest: Int

    fileprivate init(_ path: String, _ range: Range<Int>) throws(EmulatorError) {
        self.path = path
        rest = range.count
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .system(path, doing: "opening", errno: errno) }
        guard lseek(file, off_t(range.lowerBound), SEEK_SET) >= 0 else {
            throw .system(path, doing: "reading", errno: errno)
        }
    }

    deinit { if file >= 0 { close(file) } }

    /// The next part; nil at the end of the range.
    mutating func next() throws(EmulatorError) -> ByteBuffer? {
        guard rest > 0 else { return nil }
        let part = try Descriptor.read(file, limit: min(rest, 1 << 17), path: path)
        guard !part.isEmpty else { throw EmulatorError(.storage, "\(path) was truncated while it was being read") }
        rest -= part.count
        return ByteBuffer(bytes: part)
    }
}

extension BlobPath {
    /// The path within the container.
    var name: String { segments.joined(separator: "/") }

    fileprivate func child(_ name: String) -> BlobPath {
        BlobPath(container: container, segments: segments + CollectionOfOne(name))
    }

    /// The folder that contains the blob.
    var parent: BlobPath { BlobPath(container: container, segments: segments.dropLast()) }

    private init(container: String, segments: some Sequence<String>) {
        self.container = container
        self.segments = Array(segments)
    }
}
