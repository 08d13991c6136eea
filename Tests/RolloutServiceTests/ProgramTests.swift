import Foundation
import PlaybookSyntax
import RolloutEngine
import RolloutTesting
import Rollouts
import Synchronization
import Testing

@testable import RolloutService

@Suite struct ProgramOutputTests {
    @Test("lines come whole, the rest at the end, and the last of it is kept")
    func lines() {
        var output = ProgramOutput()
        #expect(output.take(Array("one\r\ntw".utf8)) == ["one"])
        #expect(output.take(Array("o\nthree".utf8)) == ["two"])
        #expect(output.finish() == ["three"])
        #expect(output.tailText == ": one / two / three")
    }
}

@Suite("Programs of run stages", .timeLimit(.minutes(1))) struct ProgramRunnerTests {
    private let programs: ProgramRunner

    init() {
        let run = RunID(playbook: "demo", number: 1)
        programs = ProgramRunner(
            run: run, endpoint: "houses", folder: "/", keys: KeyFile(run: run, state: "/no/state") { _ in },
            session: nil)
    }

    @Test(
        "how a program ends decides",
        arguments: [
            (["true"], nil), (["sh", "-c", "echo no >&2; exit 3"], "sh exited with 3: no"),
            (["sh", "-c", "kill -9 $$"], "sh was ended by signal 9"),
            (
                ["no-such-program"],
                "could not start the program no-such-program: there is no no-such-program in PATH"
            ),
        ] as [([String], String?)])
    func endings(words: [String], failure: String?) async {
        #expect(await programs.run(Command(words: words)) { _, _ in } == failure)
    }

    @Test("a program is told its run, and its words go through no shell")
    func environment() async {
        let said = Mutex<[String]>([])
        let command = Command(
            words: ["sh", "-c", "echo $TURNOUT_RUN $X \"$1\"", "sh", "$HOME; ls"], environment: ["X": "y"])
        _ = await programs.run(command) { line, _ in said.withLock { $0.append(line) } }
        #expect(said.withLock { $0 } == ["demo-1 y $HOME; ls"])
    }

    @Test("a program runs in the playbook's folder, which its own path is relative to, and learns its deployment")
    func folder() async throws {
        try await withScratchFolder { scratch in
            let path = scratch + "/where.sh"
            try Data("#!/bin/sh\nbasename $PWD; echo $TURNOUT_DEPLOYMENT ${TURNOUT_KEY_FILE-none}\n".utf8)
                .write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            let run = RunID(playbook: "demo", number: 1)
            let programs = ProgramRunner(
                run: run, endpoint: "houses", folder: scratch, keys: KeyFile(run: run, state: scratch) { _ in },
                session: nil)
            let said = Mutex<[String]>([])
            let failure = await programs.run(Command(words: ["./where.sh"], deployment: "green")) { line, _ in
                said.withLock { $0.append(line) }
            }
            #expect(failure == nil)
            #expect(said.withLock { $0 } == [URL(filePath: scratch).lastPathComponent, "green none"])
        }
    }

    @Test("a key's file is for its user alone, and goes with the program")
    func keyFile() async throws {
        try await withScratchFolder { scratch in
            let file = KeyFile(run: RunID(playbook: "demo", number: 1), state: scratch) { _ in }
            let path = try file.write("secret")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "secret")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            file.remove()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("cancelling ends the program and its children")
    func cancelling() async {
        let task = Task { await programs.run(Command(words: ["sh", "-c", "sleep 60; true"])) { _, _ in } }
        task.cancel()
        #expect(await task.value == "sh was ended by signal 15")
    }
}
