import Foundation
import Testing

/// The commands of the README and of the catalogue's pages, typed as a reader would, page by page in a fresh folder.
///
/// .github/CONTRIBUTING.md, "Documentation", says how blocks are marked.
@Suite("Documentation", .integration, .serialized, .timeLimit(.minutes(10)))
struct DocumentationTests {
    /// Three pages at a time: they wait for rollouts most of their time, each in a home of its own.
    @Test("every command of a page does what the page says")
    func executed() async throws {
        let pages = Page.all.filter { page in page.blocks.contains { $0.isExecuted } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, page) in pages.enumerated() {
                if index >= 3 { try await group.next() }
                group.addTask { try await typeAll(of: page) }
            }
            try await group.waitForAll()
        }
    }

    @Test("blocks that are not executed are listed for contributors")
    func listed() throws {
        let list = try String(
            contentsOf: TurnoutHome.repository.appending(path: ".github/CONTRIBUTING.md"), encoding: .utf8)
        for page in Page.all where page.blocks.contains(where: { $0.fence == "shell" }) {
            #expect(
                list.contains("../\(page.path))"), "\(page.path) has blocks that need more than this machine")
        }
    }

    @Test("every link leads to a file, and to a heading of it", arguments: Page.all)
    func links(_ page: Page) throws {
        let folder = TurnoutHome.repository.appending(path: page.path).deletingLastPathComponent()
        let prose = page.text.replacing(#/`[^`\n]*`/#, with: "")
        for match in prose.matches(of: #/\]\((?<path>[^)#\s]*)(#(?<anchor>[^)]*))?\)/#)
        where !match.path.contains("://") {
            let target = match.path.isEmpty ? folder : folder.appending(path: String(match.path)).standardizedFileURL
            #expect(FileManager.default.fileExists(atPath: target.path), "\(page.path): \(match.path)")
            guard let anchor = match.anchor else { continue }
            let other = match.path.isEmpty ? page : Page.all.first { target.path.hasSuffix("/" + $0.path) }
            #expect(other?.anchors.contains(String(anchor)) == true, "\(page.path): \(match.path)#\(anchor)")
        }
    }

    @Test("every promise names tests that carry its number")
    func promises() throws {
        let page = try #require(Page.all.first { $0.path.hasSuffix("/Promises.md") })
        let rows = page.text.matches(of: #/(?m)^\| (?<number>P\d+) \|.*\| (?<tests>[^|]*) \|$/#)
        #expect(rows.map { String($0.number) } == (1...23).map { "P\($0)" })
        let tests = try Self.files(of: "Tests")
        for row in rows {
            for name in row.tests.matches(of: #/`([^`]+)`/#).map({ String($0.output.1) }) {
                let texts = try tests.filter { $0.lastPathComponent == name }.map {
                    try String(contentsOf: $0, encoding: .utf8)
                }
                #expect(
                    texts.contains { $0.contains("\(row.number) ") || $0.contains("\(row.number):") },
                    "\(row.number): \(name)")
            }
        }
    }

    @Test("the architecture names every target")
    func architecture() throws {
        let page = try #require(Page.all.first { $0.path.hasSuffix("/Architecture.md") })
        let sources = TurnoutHome.repository.appending(path: "Sources").path
        for target in try FileManager.default.contentsOfDirectory(atPath: sources) {
            #expect(page.text.contains("| `\(target)` |"), "\(target)")
        }
    }

    private static func files(of folder: String) throws -> [URL] {
        let root = TurnoutHome.repository.appending(path: folder)
        return try FileManager.default.subpathsOfDirectory(atPath: root.path).map { root.appending(path: $0) }
    }

    private func typeAll(of page: Page) async throws {
        try await TurnoutHome.with(backend: "") { home in
            for block in page.blocks {
                if let file = block.file {
                    try home.write(block.text + "\n", to: file)
                } else if block.fence == "sh" {
                    try await type(block.script, expecting: [], of: page, in: home)
                } else if block.fence == "console" {
                    for command in block.typed {
                        try await type(command.text, expecting: command.output, of: page, in: home)
                    }
                }
            }
        }
    }

    private func type(_ commands: String, expecting lines: [String], of page: Page, in home: TurnoutHome) async throws {
        let log = home.path + "/typed.log"
        let programs = URL(filePath: TurnoutHome.program).deletingLastPathComponent().path
        // The pages are written for the default backend, and for a folder in which a reader has nothing else.
        let script = """
            cd '\(home.path)'; unset TURNOUT_HOME TURNOUT_BACKEND
            export PATH='\(programs)':"$PATH" NO_COLOR=1 TURNOUT_SERVE_IDLE=30s TURNOUT_STATE='\(home.path)/state'
            {
            \(commands)
            } </dev/null >'\(log)' 2>&1
            """
        let ended = try await Programs.run("/bin/bash", ["-c", script])
        let said = try String(contentsOfFile: log, encoding: .utf8)
        #expect(ended.status == 0, "\(page.path): \(commands)\n\(said)\(ended.output)")
        var rest = said.split(separator: "\n").map { Self.comparable(String($0)) }[...]
        for line in lines {
            let wanted = Self.comparable(line)
            guard let index = rest.firstIndex(where: { Self.matches($0, wanted) }) else {
                Issue.record("\(page.path): \(commands)\nno line is: \(line)\n\(said)")
                return
            }
            rest = rest[(index + 1)...]
        }
    }

    /// Without what differs from run to run: numbers, and how columns are filled.
    private static func comparable(_ line: String) -> String {
        line.replacing(#/[0-9]+(\.[0-9]+)*|[█░▒]+/#, with: "#").replacing(#/\w+@[\w.-]+/#, with: "someone")
            .replacing(#/( ?#)+/#, with: "#").replacing(#/\s+/#, with: " ").trimmingCharacters(in: .whitespaces)
    }

    /// `…` in the page stands for anything.
    private static func matches(_ line: String, _ wanted: String) -> Bool {
        var rest = line[...]
        let parts = wanted.split(separator: "…", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let part = part.trimmingCharacters(in: .whitespaces)
            guard !part.isEmpty else { continue }
            guard let found = index == 0 ? rest.range(of: part, options: .anchored) : rest.range(of: part) else {
                return false
            }
            rest = rest[found.upperBound...]
        }
        return parts.last?.isEmpty == true || rest.trimmingCharacters(in: .whitespaces).isEmpty
    }
}

/// A Markdown file of the repository.
struct Page: Sendable, CustomTestStringConvertible {
    let path: String
    let text: String
    var testDescription: String { path }

    static let all: [Page] = {
        let catalogue = "Sources/TurnoutCommands/Turnout.docc"
        let names = try? FileManager.default.contentsOfDirectory(
            atPath: TurnoutHome.repository.appending(path: catalogue).path)
        let pages = (names ?? []).filter { $0.hasSuffix(".md") }.sorted().map { "\(catalogue)/\($0)" }
        return (["README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"] + pages).compactMap { path in
            (try? String(contentsOf: TurnoutHome.repository.appending(path: path), encoding: .utf8))
                .map { Page(path: path, text: $0) }
        }
    }()

    /// Of its headings, as browsers of repositories make them.
    var anchors: Set<String> {
        Set(
            text.matches(of: #/(?m)^#+ (.+)$/#).map { heading in
                heading.output.1.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
                    .replacing(" ", with: "-")
            })
    }

    /// Its blocks of code, and what comments of `<!-- sh` set up before them.
    var blocks: [Block] {
        var blocks: [Block] = []
        var lines: [String] = []
        var open: (fence: String, end: String)?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if let (fence, end) = open {
                if line.trimmingCharacters(in: .whitespaces) == end {
                    blocks.append(Block(fence: fence, lines: lines))
                    (open, lines) = (nil, [])
                } else {
                    lines.append(line)
                }
            } else if line.hasPrefix("```") {
                open = (String(line.dropFirst(3)), "```")
            } else if line == "<!-- sh" {
                open = ("sh", "-->")
            }
        }
        return blocks
    }
}

struct Block {
    let fence: String
    let lines: [String]

    var text: String { lines.joined(separator: "\n") }
    var isExecuted: Bool { fence == "sh" || fence == "console" }

    /// The file that the block is the content of: its first line is a comment that names it.
    var file: String? {
        guard fence == "yaml", let name = lines.first?.firstMatch(of: #/^# (\S+\.ya?ml)$/#)?.output.1 else {
            return nil
        }
        return String(name)
    }

    /// The commands, each followed by a check of its exit status: 0, or what its comment names (`# exit 11`).
    ///
    /// A command goes on behind a backslash and in a here-document.
    var script: String {
        var commands: [String] = []
        var open: [String] = []
        var mark: String?
        for line in lines {
            open.append(line)
            if let end = mark {
                guard line == end else { continue }
                mark = nil
            } else if let word = line.firstMatch(of: #/<<'?(\w+)'?/#)?.output.1 {
                mark = String(word)
                continue
            } else if line.hasSuffix("\\") {
                continue
            }
            let text = open.joined(separator: "\n")
            open = []
            if !text.hasPrefix("#") { commands.append(Self.checked(text)) }
        }
        return commands.joined(separator: "\n")
    }

    /// The commands behind each `$ `, and the lines that they print; `…` stands for others.
    var typed: [(text: String, output: [String])] {
        var commands: [(text: String, output: [String])] = []
        for line in lines {
            if line.hasPrefix("$ ") {
                commands.append((Self.checked(String(line.dropFirst(2))), []))
            } else if line != "…", !line.isEmpty, !commands.isEmpty {
                commands[commands.count - 1].output.append(line)
            }
        }
        return commands
    }

    private static func checked(_ command: String) -> String {
        let status = command.firstMatch(of: #/# exit (\d+)/#)?.output.1 ?? "0"
        return """
            \(command)
            status=$?; if [ $status != \(status) ]; then echo "exit $status instead of \(status)"; exit 99; fi
            """
    }
}
