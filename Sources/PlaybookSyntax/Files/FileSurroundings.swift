internal import FoundationEssentials

/// Access to the files that a file names by relative paths, which may lead anywhere.
struct FileSurroundings: Sendable {
    enum Item: Sendable {
        case file, folder, nothing
    }

    /// Returns what is at a path that the file names, or `nil` if that is unknown because the source is not the disk.
    let item: @Sendable (_ path: String) -> Item?
    /// Returns the bytes of a file.
    let contents: @Sendable (_ path: String) throws(FileProblem) -> Data

    /// Access to no files: nothing is known about any path.
    static let unknown = FileSurroundings(
        item: { _ in nil }, contents: { path throws(FileProblem) in throw DiskFile.missing(path) })

    /// Returns access to the files around the file at `file` on disk.
    static func disk(around file: String) -> FileSurroundings {
        FileSurroundings { path in
            guard let place = DiskFile.resolved(path.beside(file)) else { return .nothing }
            return DiskFile.isFolder(place) ? .folder : .file
        } contents: { path throws(FileProblem) in
            try DiskFile.read(path.beside(file), named: path)
        }
    }
}
