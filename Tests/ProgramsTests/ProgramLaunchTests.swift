import Foundation
import Programs
import Synchronization
import Testing

@Suite("Programs", .timeLimit(.minutes(5))) struct ProgramLaunchTests {
    /// Runs `sh -c script`, and returns how it ended and what it wrote.
    private func sh(
        _ script: String, environment: [String: String]? = nil, folder: String? = nil, grace: Duration? = nil
    ) async throws -> (end: ProgramLaunch.End, text: String) {
        let bytes = Mutex<[UInt8]>([])
        let end = try await ProgramLaunch(
            ["/bin/sh", "-c", script], environment: environment, folder: folder, grace: grace
        ).run { chunk in bytes.withLock { $0 += chunk } }
        return (end, bytes.withLock { String(decoding: $0, as: UTF8.self) })
    }

    @Test("a program's end is its exit code or its signal, and its errors stand among its output")
    func ends() async throws {
        #expect(try await sh("echo one; echo two >&2; echo three; exit 3") == (.exited(3), "one\ntwo\nthree\n"))
        #expect(try await sh("kill -9 $$") == (.signalled(9), ""))
        #expect(
            "\(ProgramLaunch.End.exited(3)) \(ProgramLaunch.End.signalled(9))" == "exited with 3 was ended by signal 9")
    }

    @Test("a program has the variables that are given and no others, its folder, and nothing to read")
    func surroundings() async throws {
        let seen = try await sh(
            "pwd; echo \"$A $HOME\"; cat; ps -o pid=,pgid=,sid= $$ | tr -s ' '",
            environment: ["A": "b", "PATH": "/usr/bin:/bin"], folder: "/usr")
        let lines = seen.text.split(separator: "\n").map(String.init)
        #expect(Array(lines.prefix(2)) == ["/usr", "b "])
        // It leads a session and a group of its own.
        let numbers = try #require(lines.last).split(separator: " ")
        #expect(numbers.count == 3 && Set(numbers).count == 1)
    }

    @Test("all that a program writes is passed on, and a process that it leaves behind is not waited for")
    func output() async throws {
        let seen = try await sh("yes 0123456789 | head -c 1000000; sleep 600 & echo $!")
        #expect(seen.end == .exited(0) && seen.text.utf8.count > 1_000_000)
        let left = try #require(seen.text.dropFirst(1_000_000).split(separator: "\n").last.flatMap { Int32($0) })
        #expect(kill(left, SIGKILL) == 0)
    }

    @Test("cancelled, the whole group is asked to end, its last words are heard, and it is killed if it goes on")
    func cancelled() async throws {
        for (script, grace, end, text) in [
            ("trap 'echo bye; exit 4' TERM; echo up; sleep 30 & wait", Duration.seconds(300), .exited(4), "up\nbye\n"),
            ("trap '' TERM; echo up; while :; do sleep 1; done", .milliseconds(50), .signalled(9), "up\n"),
            ("trap 'echo bye; exit 4' TERM; echo up; sleep 30", nil, .signalled(9), "up\n"),
        ] as [(String, Duration?, ProgramLaunch.End, String)] {
            let bytes = Mutex<[UInt8]>([])
            let up = AsyncStream.makeStream(of: Void.self)
            let group = Mutex<Int32>(0)
            let task = Task {
                try await ProgramLaunch(["/bin/sh", "-c", script], grace: grace).run { number in
                    group.withLock { $0 = number }
                } output: { chunk in
                    bytes.withLock { $0 += chunk }
                    up.continuation.finish()
                }
            }
            for await _ in up.stream {}
            task.cancel()
            #expect(try await task.value == end)
            #expect(bytes.withLock { String(decoding: $0, as: UTF8.self) } == text)
        }
    }

    @Test("what cannot be started says why")
    func problems() async throws {
        let cases: [(ProgramLaunch, String, Bool)] = [
            (ProgramLaunch([]), "it has no name", true),
            (ProgramLaunch(["no-such-program"]), "there is no no-such-program in PATH", true),
            (ProgramLaunch(["./no"], folder: "/usr"), "there is no /usr/./no", true),
            (ProgramLaunch(["/etc/hostname/x"]), "/etc/hostname/x: Not a directory", false),
            (
                ProgramLaunch(["true"], folder: "/no/folder"),
                "its working folder /no/folder cannot be used: No such file or directory", false
            ),
        ]
        for (launch, words, isMissing) in cases {
            let problem = await #expect(throws: ProgramProblem.self) { try await launch.run { _ in } }
            #expect(problem?.description == words && problem?.isMissing == isMissing)
            await #expect(throws: ProgramProblem.self) { try await launch.printed(within: .seconds(20)) }
        }
    }

    @Test("a program that is run for its answer has output and errors apart, and a time to end in")
    func printed() async throws {
        let printed = try await ProgramLaunch(["sh", "-c", "echo yes; echo one >&2; echo no >&2; exit 2"])
            .printed(within: .seconds(30))
        #expect(printed?.output == "yes\n" && printed?.end == .exited(2) && printed?.reason == "no")
        #expect(
            try await ProgramLaunch(["sh", "-c", "exit 2"]).printed(within: .seconds(30))?.reason == "exited with 2")
        #expect(try await ProgramLaunch(["sh", "-c", "sleep 600; true"]).printed(within: .milliseconds(100)) == nil)
        let long = await #expect(throws: ProgramProblem.self) {
            try await ProgramLaunch(["head", "-c", "5000000", "/dev/zero"]).printed(within: .seconds(30))
        }
        #expect(long?.description == "its output exceeds \(ProgramLaunch.limit) bytes")
    }
}
