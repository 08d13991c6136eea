internal import FoundationEssentials

/// What lies around a file that names others by relative paths; they may lead anywhere.
struct FileSurroundings: Sendable {
    enum Item: Sendable {
        case file, folder, nothing
    }

    /// What is at a path that the file names; nil where the source is no disk, and nothing can be said.
    let item: @Sendable (_ path: String) -> Item?
    /// The bytes of a file.
    let contents: @Sendable (_ path: String) throws(FileProblem) -> Data

    /// Nothing can be said of any path.
    static let unknown = FileSurroundings(
        item: { _ in nil }, contents: { path throws(FileProblem) in throw DiskFile.missing(path) })

    /// What lies around the file at `file` on the disk.
    static func disk(around file: String) -> FileSurroundings {
        FileSurroundings { path in
            guard let place = DiskFile.resolved(path.beside(file)) else { return .nothing }
            return DiskFile.isFolder(place) ? .folder : .file
        } contents: { path throws(FileProblem) in
            try DiskFile.read(path.beside(file), named: path)
        }
    }
}
