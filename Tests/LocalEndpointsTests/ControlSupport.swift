import Foundation
import Rollouts
import Synchronization
import Testing

/// A folder that is removed afterwards.
enum ScratchFolder {
    static func with<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = try make()
        defer { remove(folder) }
        return try body(folder)
    }

    static func with<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = try make()
        defer { remove(folder) }
        return try await body(folder)
    }

    /// The permission bits of a file.
    static func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    private static func make() throws -> String {
        let folder = FileManager.default.temporaryDirectory.path + "/turnout-control-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    private static func remove(_ folder: String) {
        do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
    }
}

/// A time that a test sets.
final class AdjustableTime: Sendable {
    private let value: Mutex<Timestamp>

    init(_ time: Timestamp) { value = Mutex(time) }

    var time: Timestamp {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
