internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutStatistics
internal import Support

/// What the counts of a CSV recording are.
enum CountForm: String, ExpressibleByArgument, CaseIterable {
    /// To be told by the first rows: totals never become smaller.
    case auto
    /// Of a row's second alone.
    case each
    /// Running totals, as a server's metrics have them.
    case totals
}

/// A recording in CSV, row by row.
struct CSVRecording {
    struct Row {
        /// Where it stands; its bytes are those of ``kept`` where that is not nil.
        fileprivate var place: RecordingLines.Line
        fileprivate var kept: [UInt8]?
        var second: Double
        var deployment: [UInt8]
        /// Of the row's second alone.
        var counts: Reading.Counts

        /// Calls `body` with the line that the row stands in.
        func withLine(_ body: (RecordingLines.Line) throws -> Void) rethrows {
            guard let kept else { return try body(place) }
            try kept.withUnsafeBufferPointer { bytes in
                var line = place
                line.bytes = bytes
                try body(line)
            }
        }
    }

    private enum Column {
        case second, deployment, requests, errors
        case latency(bin: Int)
        case ignored
    }

    /// Upper bounds of the latency bins in milliseconds.
    let bounds: [Double]
    private let columns: [Column]
    private var form: CountForm
    private var pending: [Row] = []
    private var tracker = CounterTracker()
    /// For each deployment, the second of its last row; a few, so that looking through them is fastest.
    private var lastSeconds: [(deployment: [UInt8], second: Double)] = []

    /// How many rows of one deployment tell what counts are.
    private static let telling = 30

    /// Reads the header; nil when the rows behind it cannot be read.
    init?(header line: RecordingLines.Line, form: CountForm, findings: inout RecordingFindings) {
        let names = Self.fields(line.bytes).map { String(decoding: $0, as: UTF8.self).lowercased() }
        var bounds: [Double] = []
        var columns: [Column] = []
        let errors = findings.errors
        for (index, name) in names.enumerated() {
            if names[..<index].contains(name) {
                findings.report("DuplicateColumn", line: line, "column '\(name)' stands twice")
            }
            switch name {
            case "second": columns.append(.second)
            case "deployment": columns.append(.deployment)
            case "requests": columns.append(.requests)
            case "errors": columns.append(.errors)
            case "le_inf", "le_+inf": columns.append(.ignored)
            default:
                guard name.hasPrefix("le_"), let bound = Double(name.dropFirst(3)), bound > 0, bound.isFinite else {
                    findings.report(
                        "UnknownColumn", .warning, line: line, "column '\(name)' is not known",
                        help: didYouMean(name, among: Self.required) ?? "it is ignored")
                    columns.append(.ignored)
                    continue
                }
                if bounds.contains(bound) {
                    findings.report("DuplicateColumn", line: line, "bound \(bound) of column '\(name)' stands twice")
                }
                columns.append(.latency(bin: bounds.count))
                bounds.append(bound)
            }
        }
        for name in Self.required where !names.contains(name) {
            findings.report(
                "MissingColumn", line: line, "there is no column '\(name)'",
                help: "the header is second,deployment,requests,errors,le_25,le_50,…")
        }
        guard findings.errors == errors else { return nil }
        // Columns may stand in any order.
        let sorted = bounds.sorted()
        self.bounds = sorted
        self.columns = columns.map { column in
            guard case .latency(let place) = column else { return column }
            return .latency(bin: sorted.firstIndex(of: bounds[place]) ?? place)
        }
        self.form = form
    }

    private static let required = ["second", "deployment", "requests", "errors"]

    /// Reads a row, and keeps it for ``nextRow(isAtEnd:control:findings:)``.
    mutating func take(_ line: RecordingLines.Line, findings: inout RecordingFindings) {
        do throws(LineScanner.Problem) {
            var row = try row(line)
            guard check(&row, line, &findings) else { return }
            // The bytes of a row that waits are gone when it is looked at.
            if form == .auto { row.kept = Array(line.bytes) }
            pending.append(row)
        } catch {
            guard line.isWhole else {
                return findings.report(
                    "HalfLine", .warning, line: line, offset: error.offset,
                    "the last line breaks off: \(error.message)", help: "it is not counted")
            }
            findings.report(
                error.rule, line: line, offset: error.offset, error.message, help: "the row is not counted")
        }
    }

    /// The next row whose counts are known.
    mutating func nextRow(isAtEnd: Bool, control: [UInt8], findings: inout RecordingFindings) -> Row? {
        if form == .auto {
            let rows = pending.filter { $0.deployment == control }
            guard isAtEnd || rows.count >= Self.telling || pending.count >= 16 * Self.telling else { return nil }
            form = tellForm()
            if form == .totals {
                findings.report(
                    "Totals", .warning,
                    message: "no count is ever smaller than before: they are read as running totals",
                    help: "say --counts each if each row counts its own second alone")
            }
            pending.reverse()
        }
        while var row = pending.popLast() {
            guard form == .totals else { return row }
            let name = String(decoding: row.deployment, as: UTF8.self)
            let increments = tracker.increments(of: name, totals: row.counts)
            for case .counterWentBack(_, let count, let from, let to) in increments.findings.prefix(1) {
                row.withLine {
                    findings.report(
                        "CounterWentBack", .warning, line: $0, "\(count) of \(name) goes back from \(from) to \(to)",
                        help: "it started again: nothing is counted of this row, and counting goes on from here")
                }
            }
            row.counts = increments.counts
            return row
        }
        return nil
    }

    /// Totals are what never becomes smaller and does become larger, of every deployment, in rows enough to tell.
    private func tellForm() -> CountForm {
        var rows: [[UInt8]: [Reading.Counts]] = [:]
        for row in pending { rows[row.deployment, default: []].append(row.counts) }
        guard rows.values.contains(where: { $0.count >= Self.telling }) else { return .each }
        for counts in rows.values {
            for (before, after) in zip(counts, counts.dropFirst()) {
                guard after.requests >= before.requests, after.errors >= before.errors,
                    zip(before.latencies, after.latencies).allSatisfy({ $0 <= $1 })
                else { return .each }
            }
            guard counts.count < 3 || counts[counts.count - 1].requests > counts[0].requests else { return .each }
        }
        return .totals
    }

    private func row(_ line: RecordingLines.Line) throws(LineScanner.Problem) -> Row {
        var scanner = LineScanner(line.bytes)
        var row = Row(place: line, second: 0, deployment: [], counts: Reading.Counts())
        if !bounds.isEmpty { row.counts.latencies = Array(repeating: 0, count: bounds.count + 1) }
        for (index, column) in columns.enumerated() {
            if index > 0 {
                guard scanner.next == UInt8(ascii: ",") else {
                    guard scanner.isAtEnd else {
                        throw LineScanner.Problem(
                            rule: "NotANumber", offset: scanner.offset, message: "this is no number")
                    }
                    throw LineScanner.Problem(
                        rule: "Columns", offset: scanner.offset,
                        message: "the row has \(index) of \(columns.count) columns")
                }
                scanner.advance()
            }
            switch column {
            case .second: row.second = try scanner.csvNumber()
            case .deployment: row.deployment = scanner.csvText()
            case .requests: row.counts.requests = try scanner.count("requests")
            case .errors: row.counts.errors = try scanner.count("errors")
            case .latency(let bin): row.counts.latencies[bin] = try scanner.count("requests of a bin")
            case .ignored: _ = scanner.csvText()
            }
        }
        guard scanner.isAtEnd else {
            throw LineScanner.Problem(
                rule: "Columns", offset: scanner.offset, message: "the row has more than \(columns.count) columns")
        }
        return row
    }

    /// Makes bins of what is at or below the bounds, and says what does not go together.
    private mutating func check(
        _ row: inout Row, _ line: RecordingLines.Line, _ findings: inout RecordingFindings
    ) -> Bool {
        func wrong(_ message: String) -> Bool {
            findings.report("Counts", line: line, message, help: "the row is not counted")
            return false
        }
        var counts = row.counts
        if counts.errors > counts.requests {
            return wrong("there are \(counts.errors) errors of \(counts.requests) requests")
        }
        var below = 0
        for index in bounds.indices {
            let cumulative = counts.latencies[index]
            guard cumulative >= below else {
                return wrong("fewer requests are below \(bounds[index]) ms than below the bound before")
            }
            counts.latencies[index] = cumulative - below
            below = cumulative
        }
        guard below <= counts.requests else {
            return wrong("\(below) latencies are counted of \(counts.requests) requests")
        }
        if !bounds.isEmpty { counts.latencies[bounds.count] = counts.requests - below }
        row.counts = counts
        let index = lastSeconds.firstIndex { $0.deployment == row.deployment }
        if let index, lastSeconds[index].second == row.second {
            findings.report(
                "SecondTwice", line: line, "second \(row.second) of this deployment stands twice",
                help: "the row is not counted")
            return false
        }
        if let index {
            lastSeconds[index].second = row.second
        } else if lastSeconds.count < 64 {
            lastSeconds.append((row.deployment, row.second))
        }
        return true
    }

    /// The fields of a line, without their quotes.
    private static func fields(_ bytes: UnsafeBufferPointer<UInt8>) -> [[UInt8]] {
        var scanner = LineScanner(bytes)
        var fields = [scanner.csvText()]
        while scanner.next == UInt8(ascii: ",") {
            scanner.advance()
            fields.append(scanner.csvText())
        }
        return fields
    }
}

extension LineScanner {
    /// A field as text: quoted (RFC 4180, `""` for a quote), or up to the next comma without white space around.
    mutating func csvText() -> [UInt8] {
        skipSpace()
        var text: [UInt8] = []
        guard next == UInt8(ascii: "\"") else {
            while let byte = next, byte != UInt8(ascii: ",") {
                text.append(byte)
                advance()
            }
            while text.last == 0x20 { text.removeLast() }
            return text
        }
        advance()
        while let byte = next {
            advance()
            guard byte == UInt8(ascii: "\"") else {
                text.append(byte)
                continue
            }
            guard next == byte else { break }
            text.append(byte)
            advance()
        }
        skipSpace()
        return text
    }

    /// A number, in quotes or not.
    mutating func csvNumber() throws(Problem) -> Double {
        skipSpace()
        let isQuoted = next == UInt8(ascii: "\"")
        if isQuoted { advance() }
        let value = try number()
        if isQuoted { try expect(UInt8(ascii: "\"")) }
        skipSpace()
        return value
    }

    /// A whole number of 0 or more.
    mutating func count(_ what: String) throws(Problem) -> Int {
        let start = offset
        let value = try csvNumber()
        guard value >= 0 else {
            throw Problem(rule: "NegativeCount", offset: start, message: "\(what) cannot be negative")
        }
        guard value == value.rounded(), value <= 9_007_199_254_740_992 else {
            throw Problem(rule: "NotANumber", offset: start, message: "\(what) must be a whole number below 2^53")
        }
        return Int(value)
    }
}
