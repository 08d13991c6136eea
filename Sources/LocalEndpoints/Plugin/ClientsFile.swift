internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What the clients of a run have met, kept in the state folder so that `turnout status` can tell it too, and so that the
/// counts of a resumed run go on where those of its earlier processes ended.
///
/// One process counts at a time: whoever finds that another has written since, as a runner that was overtaken does, writes
/// no more.
final class ClientsFile: Sendable {
    private let path: String
    /// What it held when this process read or wrote it last.
    private let last = Mutex<Data?>(nil)

    init(_ run: RunID, in folder: LocalFolder) { path = "\(folder.path)/clients/\(run).counts" }

    func read() throws -> LoadReport? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try Data(contentsOf: URL(filePath: path))
        last.withLock { $0 = bytes }
        return try JSONDecoder().decode(LoadReport.self, from: bytes)
    }

    func write(_ report: LoadReport) throws {
        let folder = URL(filePath: path).deletingLastPathComponent()
        let bytes = try JSONText.encode(report)
        guard FileManager.default.contents(atPath: path) == last.withLock({ $0 }) else { return }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try bytes.write(to: URL(filePath: path), options: .atomic)
            last.withLock { $0 = bytes }
        } catch let error as CocoaError {
            let cause = error.underlying as? POSIXError
            throw StateError(errno: cause?.code.rawValue ?? EIO, path: path, doing: "writing")
        }
    }
}
