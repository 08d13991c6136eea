import Foundation
import RolloutEngine
import RolloutService
import RolloutTesting
import Rollouts
import Synchronization
import Testing

@testable import TurnoutCommands

/// Types commands in this process: at a scripted backend, in a journal in memory, without a terminal.
struct CommandBench {
    /// A folder with the playbooks `base` and `demo`.
    let home: String
    let backend = ScriptedBackend()
    let journal: InMemoryJournal
    /// Who types.
    var person = Person.ada
    var environment: [String: String] = [:]
    /// Why no journal opens; nil where it does.
    var journalError: JournalError?
    /// Why the journal opens for reading only; nil where it opens for writing too.
    var writeError: JournalError?
    /// Why standard output takes nothing; nil where it does.
    var outputError: Int32?

    static let endpoint: Name = "shop"
    static let run = RunID(playbook: "demo", number: 1)

    /// What a command left behind.
    struct Shown {
        var command: String
        var status: Int32
        var output: String
        var errors: String

        /// The commands that are offered, the likeliest first.
        var offers: [String] {
            (output + errors).split(separator: "\n").compactMap { line in
                guard let head = ["next: ", "  or: "].compactMap({ line.range(of: $0 + "turnout ") }).first else {
                    return nil
                }
                let command = line[head.lowerBound...].dropFirst("next: ".count)
                return String(command.prefix(upTo: command.range(of: "  ")?.lowerBound ?? command.endIndex))
            }
        }

        /// What is between backquotes in the sentences: commands that are named in passing.
        var named: [String] {
            (output + errors).split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { !$0.offset.isMultiple(of: 2) && $0.element.hasPrefix("turnout ") }.map { String($0.element) }
        }

        func objects() throws -> [[String: Any]] {
            try output.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
            }
        }

        func document() throws -> Any { try JSONSerialization.jsonObject(with: Data(output.utf8)) }
    }

    /// Works at a bench in a folder of its own, with the playbook `demo`.
    static func with(_ playbook: String = demo, _ body: (CommandBench) async throws -> Void) async throws {
        try await withScratchFolder { home in
            let bench = CommandBench(home: home)
            try FileManager.default.createDirectory(
                atPath: home + "/Playbooks/files", withIntermediateDirectories: true)
            try bench.write("Playbooks/demo.yml", playbook)
            try bench.write("Playbooks/base.yml", base)
            try bench.write("Playbooks/files/endpoint.yml", "name: \(endpoint)\nauth_mode: key\n")
            try bench.write("Playbooks/files/request.json", #"{"data": [[1]]}"#)
            for name in ["blue", "green"] {
                try bench.write(
                    "Playbooks/files/\(name).yml",
                    "name: \(name)\nendpoint_name: \(endpoint)\ninstance_type: Standard_DS3_v2\ninstance_count: 1\n")
            }
            try await body(bench)
        }
    }

    private init(home: String) {
        self.home = home
        journal = InMemoryJournal(clock: backend.clock)
    }

    func write(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: home + "/" + path))
    }

    /// The same bench with another person at it.
    func asked(by person: Person) -> CommandBench {
        var other = self
        other.person = person
        return other
    }

    /// Types `command` as it is printed, such as `turnout runs`, or without its first word.
    func type(_ command: String) async -> Shown {
        var words = Self.words(of: command)
        if words.first == "turnout" { words.removeFirst() }
        let (output, errors) = (Collected(), Collected())
        let status = await Composition.$current.withValue(composition(output, errors)) { await Turnout.run(words) }
        return Shown(command: command, status: status, output: output.text, errors: errors.text)
    }

    /// Runs part of a command as the bench's person; its output is dropped.
    func acting<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        try await Composition.$current.withValue(composition(Collected(), Collected()), operation: body)
    }

    private func composition(_ output: Collected, _ errors: Collected) -> Composition {
        let (journal, person, journalError, outputError) = (journal, person, journalError, outputError)
        let writeError = writeError
        return Composition(
            backends: BackendCatalog([ScriptedPlugin(backend)]),
            openJournal: { _, readOnly throws(JournalError) in
                if let error = journalError ?? (readOnly ? nil : writeError) { throw error }
                return journal.openAgain()
            },
            workspace: Workspace(home: home, state: home + "/state"),
            caller: Caller(person: person) { group in
                group == "leads" ? person == .bob ? .member : .stranger : .unknown
            },
            environment: environment,
            standardOutput: StandardOutput {
                guard outputError == nil else { return outputError }
                output.append($0)
                return nil
            }, standardError: { errors.append($0) },
            terminal: { _ in Terminal(descriptor: -1, environment: ["COLUMNS": "400"]) }, isAttended: { false },
            signals: [])
    }

    /// Types `command`, and expects its exit status.
    @discardableResult
    func type(
        _ command: String, leaves status: TurnoutCommands.ExitStatus, sourceLocation: SourceLocation = #_sourceLocation
    ) async -> Shown {
        let shown = await type(command)
        #expect(
            shown.status == status.rawValue, "\(command)\n\(shown.output)\(shown.errors)",
            sourceLocation: sourceLocation)
        return shown
    }

    func record() throws -> RunRecord { try journal.record(of: Self.run) }

    /// The endpoint as it is.
    func snapshot() throws -> EndpointSnapshot? { try backend.observe(Self.endpoint) }

    /// Makes changes that no command knows of.
    func meddle(_ changes: Change...) throws {
        try backend.edit { script in
            Result { () throws(Violation) in
                for change in changes {
                    try script.models[Self.endpoint]?.accept(change)
                    script.models[Self.endpoint]?.settle(change)
                }
            }
        }.get()
    }

    /// As a shell takes them apart; what is quoted stays together.
    private static func words(of command: String) -> [String] {
        var words: [String] = []
        for (index, part) in command.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
            if index.isMultiple(of: 2) {
                words += part.split(separator: " ").map(String.init)
            } else {
                words.append(String(part))
            }
        }
        return words
    }

    private final class Collected: Sendable {
        private let written = Mutex("")
        func append(_ text: String) { written.withLock { $0 += text } }
        var text: String { written.withLock { $0 } }
    }

    /// Puts blue behind the endpoint and gives it all traffic.
    func serve() async { await type("turnout run base", leaves: .finished) }

    private static let base = """
        name: base
        stages:
          - name: define
            define: {endpoint_file: files/endpoint.yml, deployment_file: files/blue.yml, all_traffic: true}

        """

    static let demo = """
        name: demo
        description: Replace blue by green, asked once.
        stages:
          - name: define
            define: {endpoint_file: files/endpoint.yml, deployment_file: files/blue.yml, all_traffic: true}
          - name: deploy
            deploy: {deployment_file: files/green.yml}
            on_failure: hold
          - name: test
            invoke: {deployment: green, request_file: files/request.json, times: 2, expect: {status: 200}}
            on_failure: roll_back
          - name: canary
            traffic: {blue: 90, green: 10}
            for: 5m
            on_failure: roll_back
          - name: cut-over
            approval: {instructions: Look at the canary, timeout: 24h}
            traffic: {green: 100}
          - name: delete-blue
            delete: {deployment: blue}

        """
}

extension CommandBench.Shown {
    /// Expects lines that contain these words, in this order.
    func expect(
        _ words: String..., inErrors: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var rest = Substring(inErrors ? errors : output)
        for word in words {
            guard let range = rest.range(of: word) else {
                Issue.record("'\(word)' is not in:\n\(output)---\n\(errors)", sourceLocation: sourceLocation)
                return
            }
            rest = rest[range.upperBound...]
        }
    }
}
