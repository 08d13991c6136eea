internal import PlaybookSyntax

/// What is wrong with a recording; of each kind, the first few are shown and the rest counted.
struct RecordingFindings {
    /// Of one kind.
    static let shown = 5

    let file: String
    private var found: [Finding] = []
    private var counts: [String: (severity: Finding.Severity, count: Int)] = [:]

    init(file: String) { self.file = file }

    /// Those that are shown, in the order of their places.
    var findings: [Finding] { found.sorted { ($0.start, $0.rule) < ($1.start, $1.rule) } }

    var errors: Int { counts.values.reduce(0) { $0 + ($1.severity == .error ? $1.count : 0) } }
    var warnings: Int { counts.values.reduce(0) { $0 + ($1.severity == .warning ? $1.count : 0) } }

    /// Reports what is wrong in a line.
    ///
    /// - Parameters:
    ///   - rule: the name of this kind of mistake.
    ///   - severity: an error where what was recorded cannot be trusted; a warning where it can, and less is known.
    ///   - line: that it stands in.
    ///   - offset: the byte that it begins with.
    ///   - message: what is wrong.
    ///   - help: what would be right, or what becomes of it.
    mutating func report(
        _ rule: String, _ severity: Finding.Severity = .error, line: RecordingLines.Line, offset: Int = 0,
        _ message: @autoclosure () -> String, help: String? = nil
    ) {
        guard isShown(rule, severity) else { return }
        let before = line.bytes[..<min(offset, line.bytes.count)]
        let start = Position(line: line.number, column: before.count { $0 & 0xC0 != 0x80 } + 1)
        let text = String(decoding: line.bytes.prefix(4096), as: UTF8.self)
        found.append(
            Finding(
                file: file, start: start, end: start, severity: severity, rule: rule, message: message(), help: help,
                source: line.bytes.isEmpty ? nil : text))
    }

    /// Reports what is wrong with the file as a whole, or with what it tells.
    mutating func report(
        _ rule: String, _ severity: Finding.Severity = .error, atLine number: Int = 1, message: String,
        help: String? = nil
    ) {
        guard isShown(rule, severity) else { return }
        let start = Position(line: number, column: 1)
        found.append(
            Finding(
                file: file, start: start, end: start, severity: severity, rule: rule, message: message, help: help))
    }

    private mutating func isShown(_ rule: String, _ severity: Finding.Severity) -> Bool {
        let count = (counts[rule]?.count ?? 0) + 1
        counts[rule] = (severity, count)
        return count <= Self.shown
    }

    /// A line for each kind of which not all were shown.
    var rests: [String] {
        counts.sorted { $0.key < $1.key }.compactMap { rule, entry in
            entry.count > Self.shown ? "\(file): and \(entry.count - Self.shown) more [\(rule)]" : nil
        }
    }
}
