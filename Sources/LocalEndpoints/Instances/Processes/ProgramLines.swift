internal import Synchronization

/// The lines that a program says: passed on one by one, and the last of them remembered.
final class ProgramLines: Sendable {
    private let kept = Mutex((splitter: LineSplitter(), last: [String]()))
    private let line: @Sendable (String) -> Void

    /// Lines that are remembered, to find the reason of an end among them, and how many of them are shown.
    private static let remembered = 100
    private static let shown = 8

    init(line: @escaping @Sendable (String) -> Void) { self.line = line }

    func take(_ bytes: [UInt8]) { tell(kept.withLock { $0.splitter.receive(bytes) }) }

    /// Passes on the last line, if it has no end.
    func finish() {
        if let last = kept.withLock({ $0.splitter.finish() }) { tell([last]) }
    }

    private func tell(_ lines: [String]) {
        kept.withLock { $0.last = ($0.last + lines).suffix(Self.remembered) }
        lines.forEach(line)
    }

    /// The last lines that were said.
    var lastLines: [String] { kept.withLock { $0.last.suffix(Self.shown) } }

    /// The line that says best why the process ended; empty where it said nothing.
    var summary: String { ProgramError.summary(of: kept.withLock { $0.last }) }

    /// The error that it has told so far; nil where it has told none.
    var error: String? { ProgramError.error(in: kept.withLock { $0.last }) }
}
