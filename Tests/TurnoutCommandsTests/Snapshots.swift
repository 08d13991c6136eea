internal import Foundation
internal import RolloutTesting
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
