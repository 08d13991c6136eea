internal import PlaybookSyntax

/// The findings in a recording.
///
/// The first few of each kind are kept, and the rest are counted.
struct RecordingFindings {
    /// How many findings of each kind are kept.
    static let shown = 5

    let file: String
    private var found: [Finding] = []
    private var counts: [String: (severity: Finding.Severity, count: Int)] = [:]

    init(file: String) { self.file = file }

    /// The findings that are kept, by position.
    var findings: [Finding] { found.sorted { ($0.start, $0.rule) < ($1.start, $1.rule) } }

    var errors: Int { counts.values.reduce(0) { $0 + ($1.severity == .error ? $1.count : 0) } }
    var warnings: Int { counts.values.reduce(0) { $0 + ($1.severity == .warning ? $1.count : 0) } }

    /// Reports a finding in a line.
    ///
    /// - Parameters:
    ///   - rule: The name of this kind of finding.
    ///   - severity: `.error` if the data cannot be trusted; `.warning` if it can, but is incomplete.
    ///   - line: The line with the finding.
    ///   - offset: The byte offset of the finding in the line. Default: 0.
    ///   - message: What is wrong.
    ///   - help: How to correct it, or how the line is treated.
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

    /// Reports a finding about the file as a whole.
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

    /// A line for each kind with findings that were not kept.
    var rests: [String] {
        counts.sorted { $0.key < $1.key }.compactMap { rule, entry in
            entry.count > Self.shown ? "\(file): and \(entry.count - Self.shown) more [\(rule)]" : nil
        }
    }
}
