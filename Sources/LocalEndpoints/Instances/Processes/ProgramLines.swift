internal import Synchronization

/// Passes on a program's output line by line, and remembers the last lines.
final class ProgramLines: Sendable {
    private let kept = Mutex((splitter: LineSplitter(), last: [String]()))
    private let line: @Sendable (String) -> Void

    /// How many lines are remembered, for finding the reason of an end, and how many of them are shown.
    private static let remembered = 100
    private static let shown = 8

    init(line: @escaping @Sendable (String) -> Void) { self.line = line }

    func take(_ bytes: [UInt8]) { tell(kept.withLock { $0.splitter.receive(bytes) }) }

    /// Passes on the last line if it is not terminated.
    func finish() {
        if let last = kept.withLock({ $0.splitter.finish() }) { tell([last]) }
    }

    private func tell(_ lines: [String]) {
        kept.withLock { $0.last = ($0.last + lines).suffix(Self.remembered) }
        lines.forEach(line)
    }

    /// The last lines of the output.
    var lastLines: [String] { kept.withLock { $0.last.suffix(Self.shown) } }

    /// The line that best explains why the process ended; empty if there was no output.
    var summary: String { ProgramError.summary(of: kept.withLock { $0.last }) }

    /// The error in the output so far; nil if there is none.
    var error: String? { ProgramError.error(in: kept.withLock { $0.last }) }
}
