internal import Rollouts
package import RolloutStatistics

/// Reads a file with the `analysis` mapping of a stage, either alone or under that key.
package func readAnalysis(path: String) -> (specification: AnalysisSpecification?, findings: [Finding]) {
    do throws(FileProblem) {
        return readAnalysis(SourceFile(path: path, data: try DiskFile.read(path, named: path)))
    } catch {
        // The path comes from a command line, so it is relative to the working folder and not to a playbook.
        let help = error == DiskFile.missing(path) ? "name a file with the analysis mapping of a stage" : error.help
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

/// Turns a node whose shape was checked into an analysis specification, and reports contradictions in it.
struct AnalysisReader {
    let source: SourceFile
    /// Checks the URL and the credentials of a query's server.
    let queryProblem: PlanOptions.QueryProblemFinder?
    private(set) var findings: [Finding] = []

    init(source: SourceFile, queryProblem: PlanOptions.QueryProblemFinder? = nil) {
        self.source = source
        self.queryProblem = queryProblem
    }

    /// Returns the specification, or `nil` if a finding reports the problem.
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
            report(member.value.span, "\(key) must be shorter than 'for' (\(longest))", "make 'for' longer")
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
                second.key.span, "\(second.key.text.quoted) is in the same list item as \(member.key.text.quoted)",
                "write an item for each: - \(second.key.text): …")
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

    /// Reports metrics that have the same name, since verdicts refer to metrics by name.
    private mutating func checkNames(_ metrics: [(metric: Metric, node: Node)]) {
        var seen: Set<String> = []
        for (metric, node) in metrics where !seen.insert(metric.name).inserted {
            let help = if case .prometheus = metric { "give each a unique 'name: …'" } else { "remove one of them" }
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
