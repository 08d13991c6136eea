internal import Foundation
internal import Testing

/// A text that is held against a file in `Snapshots/`.
///
/// `TURNOUT_RECORD=1 swift test` writes the files anew; the difference is then read in `git diff`.
func expectSnapshot(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let path = Repository.path + "/Tests/TurnoutCommandsTests/Snapshots/\(name).txt"
    if ProcessInfo.processInfo.environment["TURNOUT_RECORD"] == "1" {
        try Data((text + "\n").utf8).write(to: URL(filePath: path))
    }
    let expected = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text + "\n" == expected, sourceLocation: sourceLocation)
}

enum Repository {
    /// Where Package.swift is.
    static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path(percentEncoded: false).trimmingSuffix("/")
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

/// A folder that is there for `body` only.
func withScratchFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = FileManager.default.temporaryDirectory.path + "/turnout-tests-\(UUID())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    do {
        let result = try await body(path)
        try FileManager.default.removeItem(atPath: path)
        return result
    } catch {
        try FileManager.default.removeItem(atPath: path)
        throw error
    }
}
