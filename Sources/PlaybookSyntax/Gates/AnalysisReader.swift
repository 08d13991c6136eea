internal import Rollouts
package import RolloutStatistics

/// Reads a file that holds the `analysis:` mapping of a stage, by itself or under that key.
package func readAnalysis(path: String) -> (specification: AnalysisSpecification?, findings: [Finding]) {
    do throws(FileProblem) {
        return readAnalysis(SourceFile(path: path, data: try DiskFile.read(path, named: path)))
    } catch {
        // What a gate's file is relative to is the working folder, as everywhere on a command line.
        let help = error == DiskFile.missing(path) ? "a file with the analysis mapping of a stage is meant" : error.help
        return (nil, [Finding("Analysis", file: path, error.message, help: help)])
    }
}

func readAnalysis(_ file: SourceFile) -> (specification: AnalysisSpecification?, findings: [Finding]) {
    var findings: [Finding] = []
    guard var root = loadYAML(file, findings: &findings) else { return (nil, findings) }
    if root.members.count == 1, let inner = root["analysis"] { root = inner }
    var shape = ShapeCheck(source: file)
    shape.check(root, .object(.analysis), "analysis")
    var reader = AnalysisReader(source: file)
    let specification = reader.read(root)
    findings += shape.findings + reader.findings
    return (findings.hasErrors ? nil : specification, findings.inOrder(of: [file.path]))
}

/// Makes a gate's specification of a node whose shape was checked, and finds what does not go together.
struct AnalysisReader {
    let source: SourceFile
    /// What is wrong with a query's server.
    let queryProblem: PlanOptions.QueryProblemFinder?
    private(set) var findings: [Finding] = []

    init(source: SourceFile, queryProblem: PlanOptions.QueryProblemFinder? = nil) {
        self.source = source
        self.queryProblem = queryProblem
    }

    /// The specification, or nil where a finding says what is wrong.
    mutating func read(_ node: Node) -> AnalysisSpecification? {
        guard let longest = node["for"]?.interval else { return nil }
        let items = node["metrics"]?.items ?? []
        let metrics = items.compactMap { metric($0) }
        checkNames(Array(zip(metrics, items)))
        var specification = AnalysisSpecification(longest: longest.seconds, metrics: metrics)
        if let interval = duration("at_least", of: node, atMost: longest) { specification.shortest = interval.seconds }
        if let interval = duration("warm_up", of: node, atMost: longest) { specification.warmUp = interval.seconds }
        if let chance = node["false_alarm"]?.fraction { specification.falseAlarm = chance }
        if let chance = node["wrong_pass"]?.fraction { specification.wrongPass = chance }
        specification.controlLimit = node["control_limit"]?.fraction
        if let word = node["on_inconclusive"]?.scalar?.text,
            let policy = AnalysisSpecification.InconclusivePolicy(rawValue: word)
        {
            specification.onInconclusive = policy
        }
        return metrics.count == items.count && !metrics.isEmpty ? specification : nil
    }

    private mutating func duration(_ key: String, of node: Node, atMost longest: Interval) -> Interval? {
        guard let member = node.member(key), let interval = member.value.interval else { return nil }
        if interval >= longest, interval > .zero {
            report(member.value.span, "\(key) is not shorter than 'for', which is \(longest)", "make 'for' longer")
        }
        return interval
    }

    private mutating func metric(_ node: Node) -> Metric? {
        if let word = node.scalar?.text {
            return switch word {
            case "errors": .errors(ErrorLimits())
            case "latency": .latency(LatencyLimits())
            case "disagreement": .disagreement(DisagreementLimits())
            default: nil
            }
        }
        guard case .mapping(let members) = node.content else { return nil }
        let known = members.filter { ObjectShape.metric[$0.key.text] != nil }
        guard let member = known.first else {
            if members.isEmpty { report(node.span, "a metric is empty", "write 'errors', or 'errors: {margin: 1pt}'") }
            return nil
        }
        if let second = known.dropFirst().first {
            report(
                second.key.span, "\(second.key.text.quoted) stands in the same item as \(member.key.text.quoted)",
                "make an item of each: - \(second.key.text): …")
            return nil
        }
        guard case .mapping = member.value.content else { return nil }
        switch member.key.text {
        case "errors": return .errors(ErrorLimits(member.value))
        case "latency": return .latency(LatencyLimits(member.value))
        case "disagreement": return .disagreement(DisagreementLimits(member.value))
        default: return prometheus(member)
        }
    }

    private mutating func prometheus(_ member: Node.Member) -> Metric? {
        let node = member.value
        guard let url = node["url"]?.scalar?.text, let query = node["query"]?.scalar?.text else { return nil }
        let minimum = node["min"]?.scalar?.value.double
        let maximum = node["max"]?.scalar?.value.double
        guard minimum != nil || maximum != nil else {
            report(member.key.span, "prometheus has neither 'max' nor 'min'", "add 'max: …'")
            return nil
        }
        if let minimum, let maximum, minimum > maximum, let span = node["min"]?.span {
            report(span, "min is larger than max", nil)
        }
        var access: [String: String] = [:]
        for key in ObjectShape.prometheusAccess.map(\.key) { access[key] = node[key]?.scalar?.text }
        if let fault = queryProblem?(url, access), let key = fault.path.first {
            report((node[key] ?? node).span, "\(key) \(fault.message)", nil)
        }
        return .prometheus(
            PrometheusLimits(
                name: node["name"]?.scalar?.text ?? "prometheus", url: url, query: query, minimum: minimum,
                maximum: maximum, failuresAllowed: node["failures_allowed"]?.scalar?.value.integer ?? 0,
                access: access.isEmpty ? nil : access))
    }

    /// Every metric has a name of its own, by which verdicts tell of it.
    private mutating func checkNames(_ metrics: [(metric: Metric, node: Node)]) {
        var seen: Set<String> = []
        for (metric, node) in metrics where !seen.insert(metric.name).inserted {
            let help = if case .prometheus = metric { "give each its own 'name: …'" } else { "remove one of them" }
            report(node.span, "there is already a metric \(metric.name.quoted)", help)
        }
    }

    private mutating func report(_ span: Span, _ message: String, _ help: String?) {
        findings.append(Finding(.error, "Analysis", at: Location(source: source, span: span), message, help: help))
    }
}

extension ErrorLimits {
    fileprivate init(_ node: Node) {
        self.init()
        if let margin = node["margin"]?.fraction { self.margin = margin }
        hardLimit = node["hard_limit"]?.fraction
    }
}

extension LatencyLimits {
    fileprivate init(_ node: Node) {
        self.init()
        if let tolerance = node["tolerance"]?.fraction { self.tolerance = tolerance }
        if let margin = node["margin"]?["p50"]?.fraction { p50Margin = margin }
        if let margin = node["margin"]?["p95"]?.fraction { p95Margin = margin }
    }
}

extension DisagreementLimits {
    fileprivate init(_ node: Node) {
        self.init()
        if let maximum = node["max"]?.fraction { self.maximum = maximum }
        if let tolerance = node["numeric_tolerance"]?.scalar?.value.double { numericTolerance = tolerance }
    }
}

extension Node {
    fileprivate var fraction: Double? { scalar?.value.fraction }
}
