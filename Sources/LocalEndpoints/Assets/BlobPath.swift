/// Where a blob is: a container, and a path in it that never leads out.
struct BlobPath: Hashable, Sendable {
    let container: String
    /// Empty for the container itself.
    let segments: [String]

    /// Nil where a segment is none of a file system's: empty, `.` or `..`, too long, or with a NUL.
    init?(container: String, path: String) {
        guard Self.isName(container), !container.contains("/") else { return nil }
        let segments = path.split(separator: "/").map(String.init)
        guard segments.allSatisfy(Self.isName), path.utf8.count <= 1024 else { return nil }
        self.container = container
        self.segments = segments
    }

    /// As a file's path below the store's folder, and as the key of its metadata.
    var relative: String { ([container] + segments).joined(separator: "/") }

    private static func isName(_ segment: String) -> Bool {
        !segment.isEmpty && segment != "." && segment != ".." && segment.utf8.count <= 255
            && !segment.utf8.contains { $0 < 32 || $0 == UInt8(ascii: "\\") }
    }
}
