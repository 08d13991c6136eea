internal import Foundation
internal import RolloutService
internal import RolloutTesting
internal import Testing

@testable import TurnoutCommands

@Suite("The playbook reference")
struct PlaybookReferenceTests {
    @Test("its tables are those of the shapes")
    func upToDate() throws {
        let path = Repository.path + "/Sources/TurnoutCommands/Turnout.docc/PlaybookReference.md"
        let page = try String(contentsOfFile: path, encoding: .utf8)
        let mark = try #require(page.range(of: "<!-- Generated from here on."))
        let end = try #require(page[mark.lowerBound...].range(of: "-->\n\n"))
        let made = page[..<end.upperBound] + PlaybookReference.tables(Composition.current.backends.plugins)
        if ProcessInfo.processInfo.environment["TURNOUT_RECORD"] == "1" {
            try Data(made.utf8).write(to: URL(filePath: path))
        } else {
            #expect(page == made)
        }
    }
}
