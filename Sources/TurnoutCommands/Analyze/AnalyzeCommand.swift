internal import ArgumentParser
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutStatistics
internal import Rollouts

/// Runs a gate over recorded traffic.
struct AnalyzeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Run a gate over recorded traffic.",
        discussion: """
            FILE holds the traffic of a stage; times below 0 are the control's traffic before the stage. - reads \
            standard input. The format is CSV with the header second,deployment,requests,errors,le_25,le_50,… (each \
            row counts the requests of one second; le_X is how many took at most X ms), or JSON lines: requests, {"t": \
            12.031, "deployment": "green", "status": 200, "ms": 41.2}, and mirrored pairs, {"t": …, "pair": {"live": \
            {…}, "mirror": {…}, "agree": true}}. An answer other than 2xx or 3xx is an error. A gate is the analysis \
            mapping of a stage, in YAML: `for` limits its length, and it cannot pass before `at_least`, though it can \
            fail. Problems in the recording are reported with their line; a line that cannot be trusted is not counted.

            Evidence is printed as odds against chance: a version that is no worse reaches 500:1 in at most one of 500 \
            stages, no matter how often it is checked. --json prints decimal logarithms.

            Exits with 0 for a pass, 10 for a fail, 11 if the result is inconclusive, and 65 if the gate or the \
            recording has errors, whatever the verdict on the rest is.

            EXAMPLES:
              turnout analyze canary.csv --control blue --candidate green --weight 10 --gate gate.yml
              turnout analyze canary.jsonl --weight 10 --gate gate.yml --svg course.svg
              kubectl logs gateway | turnout analyze - --weight 10 --gate gate.yml --json
            """)

    @Argument(
        help: ArgumentHelp("The recording; - reads standard input.", valueName: "file"), completion: .file())
    var file: String

    @Option(help: ArgumentHelp("The live deployment.", valueName: "name"))
    var control = "blue"

    @Option(help: ArgumentHelp("The new deployment.", valueName: "name"))
    var candidate = "green"

    @Option(help: ArgumentHelp("The candidate's live traffic in percent.", valueName: "percent"))
    var weight: Double = 10

    @Option(
        help: ArgumentHelp("A YAML file with the analysis mapping of a stage.", valueName: "file"),
        completion: .file(extensions: ["yml", "yaml"]))
    var gate: String

    @Option(
        help: ArgumentHelp(
            "Counts in a CSV: each (per second), totals (running totals), or auto (detect).",
            valueName: "form"))
    var counts = CountForm.auto

    @Flag(help: "Print a JSON object for each reading, then one for the verdict.")
    var json = false

    @Option(
        help: ArgumentHelp("Draw the course of the analysis as SVG into this file.", valueName: "file"),
        completion: .file())
    var svg: String?

    func validate() throws {
        guard weight > 0, weight < 100 else {
            throw ValidationError("--weight must be above 0 and below 100: both arms need traffic")
        }
        guard control != candidate else {
            throw ValidationError("--control and --candidate must be different deployments")
        }
    }

    func run() throws {
        let (specification, gateFindings) = readAnalysis(path: gate)
        let errors = Terminal.standardError
        for finding in gateFindings { Notices.say(finding.rendered(color: errors.style.isColored)) }
        guard let specification else { return try ExitStatus.invalidPlaybook.leave() }
        let course = AnalysisCourse(specification: specification)
        var reader = RecordingReader(
            file: file, control: control, candidate: candidate, weight: weight / 100, specification: specification,
            form: counts, stopsAtVerdict: file == "-"
        ) { gate, verdict in
            course.add(verdict)
            if json { StandardOutput.shared.line(try JSONText.line(VerdictReport(verdict, of: gate.specification))) }
        }
        try read(&reader, errors)
        for finding in reader.findings.findings { Notices.say(finding.rendered(color: errors.style.isColored)) }
        for rest in reader.findings.rests { Notices.say(rest) }
        try conclude(reader, specification, course)
    }

    private func read(_ reader: inout RecordingReader, _ terminal: Terminal) throws {
        do {
            var lines = try RecordingLines(path: file)
            let progress = ReadingProgress(size: lines.size, isShown: terminal.isInteractive && !json)
            defer { progress.end() }
            try lines.forEach(pause: progress.show) { try reader.take($0) }
            try reader.finish()
        } catch let failure as CommandFailure {
            Notices.error(failure.message)
            try failure.status.leave()
        }
    }

    private func conclude(
        _ reader: RecordingReader, _ specification: AnalysisSpecification, _ course: AnalysisCourse
    ) throws {
        let findings = reader.findings
        guard reader.isReadable, let verdict = reader.replay?.verdict else {
            return try ExitStatus.invalidPlaybook.leave()
        }
        if let svg {
            let drawing = CourseDrawing(course: course, verdict: verdict, control: control, candidate: candidate)
            try OutputFile(path: svg).write(drawing.text)
        }
        if json {
            let report = VerdictReport(
                verdict, of: specification, isLast: true, findings: findings.errors + findings.warnings)
            StandardOutput.shared.line(try JSONText.line(report))
        } else {
            let text = VerdictText(
                verdict: verdict, specification: specification, control: control, candidate: candidate,
                style: Terminal.standardOutput.style)
            for line in text.lines { StandardOutput.shared.line(line) }
        }
        guard findings.errors == 0 else { return try ExitStatus.invalidPlaybook.leave() }
        switch verdict.decision {
        case .pass: return
        case .fail: try ExitStatus.rolledBack.leave()
        case .inconclusive: try ExitStatus.waitingForPerson.leave()
        }
    }
}

/// Shows in the last line of a terminal how much of a file has been read.
struct ReadingProgress {
    let size: Int?
    let isShown: Bool

    func show(_ bytesRead: Int) {
        // Once per 64 MiB, so that nothing is shown for small files.
        guard isShown, bytesRead & (1 << 26 - 1) < 1 << 20 else { return }
        let part = size.map { "\(bytesRead / max($0 / 100, 1)) %" } ?? "\(bytesRead >> 20) MiB"
        Notices.write("\r\(part) read")
    }

    func end() { if isShown { Notices.write("\r\u{1B}[K") } }
}
