internal import PlaybookSyntax
internal import RolloutStatistics
internal import Support

/// Reads a recording: CSV of seconds, or JSON lines of single requests.
struct RecordingReader {
    let control: [UInt8]
    let candidate: [UInt8]
    var findings: RecordingFindings
    private let specification: AnalysisSpecification
    private let weight: Double
    private let form: CountForm
    private let onReading: (SequentialTest, Verdict) throws -> Void
    /// Stops at the verdict instead of looking for findings to the end.
    private let stopsAtVerdict: Bool
    private(set) var replay: StageReplay?
    private var csv: CSVRecording?
    private var unknown: Set<[UInt8]> = []
    private var hasControl = false
    private var hasCandidate = false
    private var toldBefore = false
    /// False once nothing more can be read.
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

    /// Takes a line; false when no more are needed.
    mutating func take(_ line: RecordingLines.Line) throws -> Bool {
        if line.isTooLong {
            findings.report(
                "LineTooLong", line: line, "the line has more than \(RecordingLines.longestLine) bytes",
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

    /// Takes the file's end.
    mutating func finish() throws {
        if csv != nil { try flushCSV(isAtEnd: true) }
        guard isReadable else { return }
        guard replay != nil else {
            isReadable = false
            return findings.report("EmptyFile", message: "there is nothing in the file", help: .forms)
        }
        checkArms()
        guard isReadable else { return }
        try replay?.finish()
        for finding in replay?.findings ?? [] { tell(finding) }
        guard replay?.second == nil else { return }
        findings.report(
            "NoStage", .warning, message: "there is no traffic of a stage: no line from second 0 on",
            help: "lines before second 0 tell what the control did before the stage")
    }

    /// Finds an arm that stands nowhere: what a gate says without it is about nobody.
    private mutating func checkArms() {
        // A recording without a stage has a finding of its own; a line that is not read may be the one that is missed.
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
                message: "no line of '\(name)' is in the file; its deployments: "
                    + (found.isEmpty ? "none" : found.joined(separator: ", ")),
                help: near ?? "\(option) names the one that is meant")
            isReadable = false
        }
    }

    private mutating func tell(_ finding: ReadingFinding) {
        switch finding {
        case .shareDiffers(let measured, let configured):
            findings.report(
                "ShareDiffers", .warning,
                message: "the candidate has \(VerdictText.number(measured * 100, digits: 2)) % of the live requests, "
                    + "and --weight is \(VerdictText.number(configured * 100, digits: 2))",
                help: "evidence goes by the share that is measured; look why requests are not shared as configured")
        case .noLatencyBaseline:
            findings.report(
                "NoLatencies", .warning,
                message: "fewer than \(LatencyScale.minimumSample) latencies of the control stand before second 0",
                help: "latencies are compared only once as many are known from the stage")
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

    /// Tells of a line that cannot be read; the last one may just have been cut off.
    private mutating func reportBroken(_ line: RecordingLines.Line, _ problem: LineScanner.Problem) {
        if line.isWhole {
            findings.report(
                problem.rule, line: line, offset: problem.offset, problem.message, help: "the line is not counted")
        } else {
            findings.report(
                "HalfLine", .warning, line: line, offset: problem.offset,
                "the last line breaks off: \(problem.message)", help: "it is not counted")
        }
    }

    private mutating func take(_ request: JSONRequest, _ line: RecordingLines.Line) throws {
        guard let second = try arrive(request.time, line, lateness: 2) else { return }
        switch request.kind {
        case .single(let name, let answer):
            guard let arm = arm(of: name, line) else { return }
            if second < 0, arm == .candidate { return tellBefore(line) }
            replay?.add(failed: answer.failed, isRefused: answer.isRefused, latency: answer.latency, of: arm)
        case .pair(let live, let mirror, let agree):
            (hasControl, hasCandidate) = (true, true)
            guard second >= 0 else { return tellBefore(line) }
            if replay?.gate?.hasCandidate == true, replay?.gate?.design != .mirrored {
                return findings.report(
                    "MixedStage", line: line, "a pair stands in a stage in which green has live traffic",
                    help: "it is not counted: live and mirrored traffic exclude each other")
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
                guard second >= 0 || arm == .control else { return tellBefore(line) }
                replay?.add(row.counts, of: arm)
            }
        }
    }

    /// Moves to the second of a line; nil when it does not count.
    ///
    /// One that is late by no more than `lateness` seconds counts for the current one.
    private mutating func arrive(_ time: Double, _ place: RecordingLines.Line, lateness: Int) throws -> Int? {
        guard time.magnitude < 1e11 else {
            findings.report("Time", line: place, "the time is out of range", help: "times are seconds of the stage")
            return nil
        }
        let second = Int(time.rounded(.down))
        switch try replay?.move(to: second) {
        case .back(let from)?:
            guard from - second > lateness else { return from }
            findings.report(
                "TimeWentBack", line: place, "time goes back from second \(from) to \(second)",
                help: "the line is not counted: lines stand in the order of time")
            return nil
        case .jumped(let from)?:
            findings.report(
                "TimeJumped", .warning, line: place, "time jumps from second \(from) to \(second)",
                help: "nothing is known of what lies between")
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
        // Names are told once, and a file with ever new ones fills no memory.
        guard unknown.count < 64, unknown.insert(Array(name.prefix(128))).inserted else { return nil }
        let text = String(decoding: name.prefix(128), as: UTF8.self)
        findings.report(
            "UnknownDeployment", .warning, line: place, "'\(text)' is neither control nor candidate",
            help: "its requests are not counted; --control and --candidate name the two")
        return nil
    }

    private mutating func tellBefore(_ place: RecordingLines.Line) {
        guard !toldBefore else { return }
        toldBefore = true
        findings.report(
            "BeforeStage", .warning, line: place, "the candidate stands before second 0",
            help: "not counted: what lies before is the control's alone")
    }
}

extension AnalysisSpecification {
    /// True where green is held against what the control does.
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
    /// Without a byte order mark in front, and white space around.
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
        "a recording is CSV with the header second,deployment,requests,errors,le_25,…, or JSON lines of requests"
}
