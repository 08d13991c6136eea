internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutStatistics
internal import Support

/// The meaning of the counts in a CSV recording.
enum CountForm: String, ExpressibleByArgument, CaseIterable {
    /// Detected from the first rows: totals never decrease.
    case auto
    /// Counts of the row's second alone.
    case each
    /// Running totals, as in a server's metrics.
    case totals
}

/// Reads a recording in CSV, row by row.
struct CSVRecording {
    struct Row {
        /// The line of the row; if ``kept`` is not nil, it holds the line's bytes.
        fileprivate var place: RecordingLines.Line
        fileprivate var kept: [UInt8]?
        var second: Double
        var deployment: [UInt8]
        /// The counts of the row's second alone.
        var counts: Reading.Counts

        /// Calls `body` with the row's line.
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
    /// The second of each deployment's last row; an array, because a linear search is fastest for a few deployments.
    private var lastSeconds: [(deployment: [UInt8], second: Double)] = []

    /// How many rows of one deployment are needed to detect the form of the counts.
    private static let telling = 30

    /// Reads the header; returns nil if it has errors, so that the rows cannot be read.
    init?(header line: RecordingLines.Line, form: CountForm, findings: inout RecordingFindings) {
        let names = Self.fields(line.bytes).map { String(decoding: $0, as: UTF8.self).lowercased() }
        var bounds: [Double] = []
        var columns: [Column] = []
        let errors = findings.errors
        for (index, name) in names.enumerated() {
            if names[..<index].contains(name) {
                findings.report("DuplicateColumn", line: line, "column '\(name)' occurs twice")
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
                        "UnknownColumn", .warning, line: line, "unknown column '\(name)'",
                        help: didYouMean(name, among: Self.required) ?? "it is ignored")
                    columns.append(.ignored)
                    continue
                }
                if bounds.contains(bound) {
                    findings.report("DuplicateColumn", line: line, "bound \(bound) of column '\(name)' occurs twice")
                }
                columns.append(.latency(bin: bounds.count))
                bounds.append(bound)
            }
        }
        for name in Self.required where !names.contains(name) {
            findings.report(
                "MissingColumn", line: line, "there is no column '\(name)'",
                help: "the header must be second,deployment,requests,errors,le_25,le_50,…")
        }
        guard findings.errors == errors else { return nil }
        // Columns may be in any order.
        let sorted = bounds.sorted()
        self.bounds = sorted
        self.columns = columns.map { column in
            guard case .latency(let place) = column else { return column }
            return .latency(bin: sorted.firstIndex(of: bounds[place]) ?? place)
        }
        self.form = form
    }

    private static let required = ["second", "deployment", "requests", "errors"]

    /// Reads a row, and queues it for ``nextRow(isAtEnd:control:findings:)``.
    mutating func take(_ line: RecordingLines.Line, findings: inout RecordingFindings) {
        do throws(LineScanner.Problem) {
            var row = try row(line)
            guard check(&row, line, &findings) else { return }
            // The line's buffer is reused before a queued row is processed.
            if form == .auto { row.kept = Array(line.bytes) }
            pending.append(row)
        } catch {
            guard line.isWhole else {
                return findings.report(
                    "HalfLine", .warning, line: line, offset: error.offset,
                    "the last line is incomplete: \(error.message)", help: "it is not counted")
            }
            findings.report(
                error.rule, line: line, offset: error.offset, error.message, help: "the row is not counted")
        }
    }

    /// Returns the next row with known counts; nil if more rows must be read first.
    mutating func nextRow(isAtEnd: Bool, control: [UInt8], findings: inout RecordingFindings) -> Row? {
        if form == .auto {
            let rows = pending.filter { $0.deployment == control }
            guard isAtEnd || rows.count >= Self.telling || pending.count >= 16 * Self.telling else { return nil }
            form = detectForm()
            if form == .totals {
                findings.report(
                    "Totals", .warning,
                    message: "the counts never decrease, so they are read as running totals",
                    help: "use --counts each if each row counts only its own second")
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
                        "CounterWentBack", .warning, line: $0, "\(count) of \(name) decreases from \(from) to \(to)",
                        help: "the counter was reset: this row is not counted, and counting continues from it")
                }
            }
            row.counts = increments.counts
            return row
        }
        return nil
    }

    /// Detects totals: the counts of every deployment never decrease, and do increase, over enough rows.
    private func detectForm() -> CountForm {
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
                            rule: "NotANumber", offset: scanner.offset, message: "this is not a number")
                    }
                    throw LineScanner.Problem(
                        rule: "Columns", offset: scanner.offset,
                        message: "the row has \(index) columns, but the header has \(columns.count)")
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
                rule: "Columns", offset: scanner.offset,
                message: "the row has more columns than the header, which has \(columns.count)")
        }
        return row
    }

    /// Converts cumulative latency counts to bins, and reports inconsistent counts.
    private mutating func check(
        _ row: inout Row, _ line: RecordingLines.Line, _ findings: inout RecordingFindings
    ) -> Bool {
        func wrong(_ message: String) -> Bool {
            findings.report("Counts", line: line, message, help: "the row is not counted")
            return false
        }
        var counts = row.counts
        if counts.errors > counts.requests {
            return wrong("the row has \(counts.errors) errors, but only \(counts.requests) requests")
        }
        var below = 0
        for index in bounds.indices {
            let cumulative = counts.latencies[index]
            guard cumulative >= below else {
                return wrong("fewer requests took at most \(bounds[index]) ms than the smaller bound before it")
            }
            counts.latencies[index] = cumulative - below
            below = cumulative
        }
        guard below <= counts.requests else {
            return wrong("the row has \(below) latencies, but only \(counts.requests) requests")
        }
        if !bounds.isEmpty { counts.latencies[bounds.count] = counts.requests - below }
        row.counts = counts
        let index = lastSeconds.firstIndex { $0.deployment == row.deployment }
        if let index, lastSeconds[index].second == row.second {
            findings.report(
                "SecondTwice", line: line, "second \(row.second) of this deployment occurs twice",
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

    /// Returns the fields of a line, without their quotes.
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
    /// Reads a field as text: quoted (RFC 4180, `""` for a quote), or up to the next comma, without surrounding spaces.
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

    /// Reads a number, with or without quotes.
    mutating func csvNumber() throws(Problem) -> Double {
        skipSpace()
        let isQuoted = next == UInt8(ascii: "\"")
        if isQuoted { advance() }
        let value = try number()
        if isQuoted { try expect(UInt8(ascii: "\"")) }
        skipSpace()
        return value
    }

    /// Reads a whole number from 0 to 2^53.
    mutating func count(_ what: String) throws(Problem) -> Int {
        let start = offset
        let value = try csvNumber()
        guard value >= 0 else {
            throw Problem(rule: "NegativeCount", offset: start, message: "\(what) cannot be negative")
        }
        guard value == value.rounded(), value <= 9_007_199_254_740_992 else {
            throw Problem(rule: "NotANumber", offset: start, message: "\(what) must be a whole number of at most 2^53")
        }
        return Int(value)
    }
}
