internal import PlaybookSyntax
internal import RolloutStatistics
internal import Support

/// Reads a recording: CSV with a row per second, or JSON lines with single requests.
struct RecordingReader {
    let control: [UInt8]
    let candidate: [UInt8]
    var findings: RecordingFindings
    private let specification: AnalysisSpecification
    private let weight: Double
    private let form: CountForm
    private let onReading: (SequentialTest, Verdict) throws -> Void
    /// Whether to stop at the verdict instead of checking the recording to its end.
    private let stopsAtVerdict: Bool
    private(set) var replay: StageReplay?
    private var csv: CSVRecording?
    private var unknown: Set<[UInt8]> = []
    private var hasControl = false
    private var hasCandidate = false
    private var hasReportedEarlyTraffic = false
    /// False after an error that makes the recording unusable.
    private(set) var isReadable = true

    init(
        file: String, control: String, candidate: String, weight: Double, specification: AnalysisSpecification,
        form: CountForm, stopsAtVerdict: Bool, onReading: @escaping (SequentialTest, Verdict) throws -> Void
    ) {
        findings = RecordingFindings(file: file)
        self.control = Array(control.utf8)
        self.candidate = Array(candidate.utf8)
        self.specification = specification
        self.weight = weight
        self.form = form
        self.stopsAtVerdict = stopsAtVerdict
        self.onReading = onReading
    }

    /// Processes a line; returns false if no more lines are needed.
    mutating func take(_ line: RecordingLines.Line) throws -> Bool {
        if line.isTooLong {
            findings.report(
                "LineTooLong", line: line, "the line is longer than \(RecordingLines.longestLine) bytes",
                help: "it is not counted")
            return true
        }
        let line = line.trimmed
        guard !line.bytes.isEmpty else { return true }
        guard line.bytes.isUTF8 else {
            findings.report("NotUTF8", line: line, "the line is not UTF-8", help: "it is not counted")
            return true
        }
        if replay == nil, csv == nil { try begin(line) } else { try takeRow(line) }
        return isReadable && !(stopsAtVerdict && replay?.isDecided == true)
    }

    /// Processes the end of the file.
    mutating func finish() throws {
        if csv != nil { try flushCSV(isAtEnd: true) }
        guard isReadable else { return }
        guard replay != nil else {
            isReadable = false
            return findings.report("EmptyFile", message: "the file is empty", help: .forms)
        }
        checkArms()
        guard isReadable else { return }
        try replay?.finish()
        for finding in replay?.findings ?? [] { tell(finding) }
        guard replay?.second == nil else { return }
        findings.report(
            "NoStage", .warning, message: "the recording has no traffic of a stage: no line from second 0 on",
            help: "lines before second 0 are the control's traffic before the stage")
    }

    /// Reports an arm without any lines, because a verdict without it would be meaningless.
    private mutating func checkArms() {
        // A recording without a stage is reported elsewhere, and a missing arm may be in a line that could not be read.
        let isAllRead = findings.errors == 0 && !findings.findings.contains { $0.rule == "HalfLine" }
        guard !unknown.isEmpty || replay?.second != nil && isAllRead else { return }
        let found = (unknown + [hasControl ? control : nil, hasCandidate ? candidate : nil].compactMap(\.self))
            .map { String(decoding: $0, as: UTF8.self) }.sorted()
        for (rule, option, name, isMissing) in [
            ("NoCandidate", "--candidate", candidate, !hasCandidate),
            ("NoControl", "--control", control, !hasControl && specification.comparesArms),
        ] where isMissing {
            let name = String(decoding: name, as: UTF8.self)
            let near = didYouMean(name, among: found.filter { unknown.contains(Array($0.utf8)) })
            findings.report(
                rule,
                message: "the file has no line for '\(name)'; its deployments: "
                    + (found.isEmpty ? "none" : found.joined(separator: ", ")),
                help: near ?? "name the right one with \(option)")
            isReadable = false
        }
    }

    private mutating func tell(_ finding: ReadingFinding) {
        switch finding {
        case .shareDiffers(let measured, let configured):
            findings.report(
                "ShareDiffers", .warning,
                message: "the candidate has \(VerdictText.number(measured * 100, digits: 2)) % of the live requests, "
                    + "but --weight is \(VerdictText.number(configured * 100, digits: 2))",
                help: "the evidence uses the measured share; find out why traffic is not split as configured")
        case .noLatencyBaseline:
            findings.report(
                "NoLatencies", .warning,
                message: "the control has fewer than \(LatencyScale.minimumSample) latencies before second 0",
                help: "latencies are not compared until the stage has provided that many")
        default: break
        }
    }

    private mutating func begin(_ line: RecordingLines.Line) throws {
        guard line.bytes.first != UInt8(ascii: "{") else {
            makeReplay(bounds: nil)
            return try takeRow(line)
        }
        guard let header = CSVRecording(header: line, form: form, findings: &findings) else {
            isReadable = false
            return
        }
        makeReplay(bounds: header.bounds)
        csv = header
    }

    private mutating func makeReplay(bounds: [Double]?) {
        var replay = StageReplay(specification: specification, weight: weight, bounds: bounds)
        replay.onReading = onReading
        self.replay = replay
    }

    private mutating func takeRow(_ line: RecordingLines.Line) throws {
        guard csv == nil else {
            csv?.take(line, findings: &findings)
            return try flushCSV(isAtEnd: false)
        }
        do {
            let request = try JSONRequest(line.bytes)
            try take(request, line)
        } catch let problem as LineScanner.Problem {
            reportBroken(line, problem)
        }
    }

    /// Reports a line that cannot be parsed.
    ///
    /// The last line may only have been cut off.
    private mutating func reportBroken(_ line: RecordingLines.Line, _ problem: LineScanner.Problem) {
        if line.isWhole {
            findings.report(
                problem.rule, line: line, offset: problem.offset, problem.message, help: "the line is not counted")
        } else {
            findings.report(
                "HalfLine", .warning, line: line, offset: problem.offset,
                "the last line is incomplete: \(problem.message)", help: "it is not counted")
        }
    }

    private mutating func take(_ request: JSONRequest, _ line: RecordingLines.Line) throws {
        guard let second = try arrive(request.time, line, lateness: 2) else { return }
        switch request.kind {
        case .single(let name, let answer):
            guard let arm = arm(of: name, line) else { return }
            if second < 0, arm == .candidate { return reportEarlyTraffic(line) }
            replay?.add(failed: answer.failed, isRefused: answer.isRefused, latency: answer.latency, of: arm)
        case .pair(let live, let mirror, let agree):
            (hasControl, hasCandidate) = (true, true)
            guard second >= 0 else { return reportEarlyTraffic(line) }
            if replay?.gate?.hasCandidate == true, replay?.gate?.design != .mirrored {
                return findings.report(
                    "MixedStage", line: line,
                    "this is a mirrored pair, but the candidate has live traffic in this stage",
                    help: "it is not counted: a stage has either live or mirrored traffic")
            }
            replay?.addPair(
                live: (live.failed, live.latency), mirror: (mirror.failed, mirror.latency), agree: agree)
        }
    }

    private mutating func flushCSV(isAtEnd: Bool) throws {
        while let row = csv?.nextRow(isAtEnd: isAtEnd, control: control, findings: &findings) {
            try row.withLine { line in
                guard let second = try arrive(row.second, line, lateness: 0),
                    let arm = arm(of: row.deployment, line)
                else { return }
                guard second >= 0 || arm == .control else { return reportEarlyTraffic(line) }
                replay?.add(row.counts, of: arm)
            }
        }
    }

    /// Moves to the second of a line; returns nil if the line must not be counted.
    ///
    /// A line that is late by at most `lateness` seconds counts for the current second.
    private mutating func arrive(_ time: Double, _ place: RecordingLines.Line, lateness: Int) throws -> Int? {
        guard time.magnitude < 1e11 else {
            findings.report(
                "Time", line: place, "the time is out of range", help: "times are seconds since the stage began")
            return nil
        }
        let second = Int(time.rounded(.down))
        switch try replay?.move(to: second) {
        case .back(let from)?:
            guard from - second > lateness else { return from }
            findings.report(
                "TimeWentBack", line: place, "time goes backwards, from second \(from) to second \(second)",
                help: "the line is not counted: lines must be in order of time")
            return nil
        case .jumped(let from)?:
            findings.report(
                "TimeJumped", .warning, line: place, "the time jumps from second \(from) to \(second)",
                help: "the time in between is not analysed")
            return second
        case .inOrder?, nil: return second
        }
    }

    private mutating func arm(of name: some Collection<UInt8>, _ place: RecordingLines.Line) -> Arm? {
        if name.elementsEqual(candidate) {
            hasCandidate = true
            return .candidate
        }
        if name.elementsEqual(control) {
            hasControl = true
            return .control
        }
        // Each name is reported once; the limits bound the memory for a file with many names.
        guard unknown.count < 64, unknown.insert(Array(name.prefix(128))).inserted else { return nil }
        let text = String(decoding: name.prefix(128), as: UTF8.self)
        findings.report(
            "UnknownDeployment", .warning, line: place, "'\(text)' is neither control nor candidate",
            help: "its requests are not counted; name the two with --control and --candidate")
        return nil
    }

    private mutating func reportEarlyTraffic(_ place: RecordingLines.Line) {
        guard !hasReportedEarlyTraffic else { return }
        hasReportedEarlyTraffic = true
        findings.report(
            "BeforeStage", .warning, line: place, "the candidate has traffic before second 0",
            help: "it is not counted: only the control can have traffic before the stage")
    }
}

extension AnalysisSpecification {
    /// Whether any metric compares the candidate with the control.
    fileprivate var comparesArms: Bool {
        metrics.contains { metric in
            switch metric {
            case .errors, .latency: true
            case .disagreement, .prometheus: false
            }
        }
    }
}

extension RecordingLines.Line {
    /// The line without a leading byte order mark and surrounding white space.
    fileprivate var trimmed: RecordingLines.Line {
        var line = self
        var bytes = self.bytes[...]
        if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        while let last = bytes.last, [0x0D, 0x20, 0x09].contains(last) { bytes = bytes.dropLast() }
        while let first = bytes.first, [0x20, 0x09].contains(first) { bytes = bytes.dropFirst() }
        line.bytes = UnsafeBufferPointer(rebasing: bytes)
        return line
    }
}

extension String {
    fileprivate static let forms =
        "a recording is CSV with the header second,deployment,requests,errors,le_25,…, or JSON lines with requests"
}
