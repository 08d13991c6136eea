internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// Runs the programs of `run:` stages; no shell ever sees their words.
final class ProgramRunner: Sendable {
    private let run: RunID
    private let endpoint: Name
    private let stage = Mutex("")

    init(run: RunID, endpoint: Name) {
        self.run = run
        self.endpoint = endpoint
    }

    /// Learns which stage a program belongs to, before it is run.
    func note(_ progress: Runner.Progress) {
        guard case .performing(.run, let state) = progress, state.stages.indices.contains(state.record.position)
        else { return }
        stage.withLock { $0 = state.stages[state.record.position].name }
    }

    /// Runs `command` to its end, or until the task is cancelled: then it is asked to end, and killed 5 s later.
    ///
    /// - Returns: Nil when it exited with 0, else what was wrong with the last of what it said.
    func run(_ command: Command, output: (_ line: String, _ stage: String) -> Void) async -> String? {
        let stage = stage.withLock { $0 }
        var environment = ProcessInfo.processInfo.environment
        environment.merge(command.environment) { _, given in given }
        environment["TURNOUT_RUN"] = run.description
        environment["TURNOUT_STAGE"] = stage
        environment["TURNOUT_ENDPOINT"] = endpoint.text
        let program = command.words.first ?? ""
        let child: ChildProcess
        do {
            child = try ChildProcess(words: command.words, environment: environment)
        } catch {
            return "the program \(program) could not be started: \(error)"
        }
        var said = ProgramOutput()
        let ending = await child.wait { bytes in
            for line in said.take(bytes) { output(line, stage) }
        }
        for line in said.finish() { output(line, stage) }
        switch ending {
        case .exited(0): return nil
        case .exited(let code): return "\(program) exited with \(code)\(said.tailText)"
        case .signalled(let number): return "\(program) was ended by signal \(number)\(said.tailText)"
        case .lost(let reason): return "nobody can say how \(program) ended: \(reason)"
        }
    }
}

/// What a program wrote: whole lines for showing, and the last of it for telling what was wrong.
struct ProgramOutput {
    static let limit = 4096
    private var tail: [UInt8] = []
    private var partial: [UInt8] = []

    /// The lines that `bytes` complete.
    mutating func take(_ bytes: [UInt8]) -> [String] {
        tail = Array((tail + bytes).suffix(Self.limit))
        partial += bytes
        var lines: [String] = []
        while let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(Self.text(partial[..<end]))
            partial.removeSubrange(...end)
        }
        // A line without end is shown in pieces, so that nothing is kept for ever.
        if partial.count > Self.limit { lines += finish() }
        return lines
    }

    mutating func finish() -> [String] {
        defer { partial = [] }
        return partial.isEmpty ? [] : [Self.text(partial[...])]
    }

    /// `: what it said last`, or nothing.
    var tailText: String {
        let lines = String(decoding: tail, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.isEmpty ? "" : ": " + lines.suffix(20).map { $0.trimmingSpaces }.joined(separator: " / ")
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.last == "\r" ? String(text.dropLast()) : text
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
