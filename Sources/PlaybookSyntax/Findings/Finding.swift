/// A problem in a file: its location, what is wrong, and what would be right.
package struct Finding: Hashable, Sendable, Codable {
    package enum Severity: String, Hashable, Sendable, Codable {
        /// Prevents a plan.
        case error
        case warning
    }

    /// The file's path as the user wrote it.
    package var file: String
    package var start: Position
    /// The position after the last character; equal to ``start`` if something is missing.
    package var end: Position
    package var severity: Severity
    /// The rule's name, which for rules in `Rules/` is also the name of the file that explains it.
    package var rule: String
    /// A sentence fragment without a full stop.
    package var message: String
    /// What would be right, or `nil`.
    package var help: String?
    /// The line at ``start``; `nil` if the finding is about the file as a whole.
    package var source: String?

    package init(
        file: String, start: Position, end: Position, severity: Severity, rule: String, message: String,
        help: String? = nil, source: String? = nil
    ) {
        self.file = file
        self.start = start
        self.end = end
        self.severity = severity
        self.rule = rule
        self.message = message
        self.help = help
        self.source = source
    }
}

extension Finding {
    /// Creates a finding at a range, which is clamped to the file.
    package init(
        _ severity: Severity = .error, _ rule: String, at location: Location, _ message: String, help: String? = nil
    ) {
        let source = location.source
        func inside(_ position: Position) -> Position {
            guard position.line <= source.lineCount else {
                let last = source.lineCount
                return Position(line: last, column: source.line(last).unicodeScalars.count + 1)
            }
            let length = source.line(position.line).unicodeScalars.count
            return Position(line: max(position.line, 1), column: min(max(position.column, 1), length + 1))
        }
        let start = inside(location.span.start)
        self.init(
            file: source.path, start: start, end: max(inside(location.span.end), start), severity: severity, rule: rule,
            message: message, help: help, source: source.line(start.line))
    }

    /// Creates an error about a file as a whole.
    init(_ rule: String, file: String, _ message: String, help: String? = nil) {
        let start = Position(line: 1, column: 1)
        self.init(file: file, start: start, end: start, severity: .error, rule: rule, message: message, help: help)
    }
}

extension [Finding] {
    /// Returns the findings without duplicates, sorted by file in the order of `paths`, and by position.
    func inOrder(of paths: [String]) -> [Finding] {
        let ranks = Dictionary(zip(paths, 0...), uniquingKeysWith: { first, _ in first })
        var seen: Set<Finding> = []
        return filter { seen.insert($0).inserted }
            .sorted { left, right in
                (ranks[left.file] ?? .max, left.start, left.end, left.message)
                    < (ranks[right.file] ?? .max, right.start, right.end, right.message)
            }
    }

    var hasErrors: Bool { contains { $0.severity == .error } }
}
