internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What the clients of a run have met, kept in the state folder so that `turnout status` can tell it too, and so that the
/// counts of a resumed run go on where those of its earlier processes ended.
struct ClientsFile {
    private let path: String

    init(_ run: RunID, in folder: LocalFolder) { path = "\(folder.path)/clients/\(run).counts" }

    func read() throws -> LoadReport? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try JSONDecoder().decode(LoadReport.self, from: Data(contentsOf: URL(filePath: path)))
    }

    func write(_ report: LoadReport) throws {
        let folder = URL(filePath: path).deletingLastPathComponent()
        let bytes = try JSONText.encode(report)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try bytes.write(to: URL(filePath: path), options: .atomic)
        } catch let error as CocoaError {
            let cause = error.underlying as? POSIXError
            throw StateError(errno: cause?.code.rawValue ?? EIO, path: path, doing: "writing")
        }
    }
}
