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

/// Saves the results of a run's clients in the state folder.
///
/// Other processes can show them, for example `turnout status`, and a resumed run continues counting from them. Only
/// one process writes at a time: a process whose file was changed by another, as after being overtaken, stops writing.
final class ClientsFile: Sendable {
    private let path: String
    /// The file's content when this process last read or wrote it.
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
