/// The location of a blob: a container, and a path that cannot lead out of it.
struct BlobPath: Hashable, Sendable {
    let container: String
    /// The segments of the path; empty for the container itself.
    let segments: [String]

    /// Returns nil if the path is longer than 1024 bytes, or a segment is not a valid file name.
    ///
    /// A segment must not be empty, `.`, `..` or longer than 255 bytes, nor contain control characters or backslashes.
    init?(container: String, path: String) {
        guard Self.isName(container), !container.contains("/") else { return nil }
        let segments = path.split(separator: "/").map(String.init)
        guard segments.allSatisfy(Self.isName), path.utf8.count <= 1024 else { return nil }
        self.container = container
        self.segments = segments
    }

    /// The path below the store's folder, which is also the key of the blob's metadata.
    var relative: String { ([container] + segments).joined(separator: "/") }

    private static func isName(_ segment: String) -> Bool {
        !segment.isEmpty && segment != "." && segment != ".." && segment.utf8.count <= 255
            && !segment.utf8.contains { $0 < 32 || $0 == UInt8(ascii: "\\") }
    }
}
