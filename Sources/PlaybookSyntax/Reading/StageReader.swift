internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts
internal import Support

/// Reads the stages of a playbook, one after another.
struct StageReader {
    let source: SourceFile
    let capabilities: Capabilities
    var actions: ActionReader
    private var template: Template
    private let queryProblem: PlanOptions.QueryProblemFinder?
    private let groupExists: @Sendable (String) -> Bool
    private(set) var findings: [Finding] = []
    private var firstLines: [String: Int] = [:]

    init(
        source: SourceFile, capabilities: Capabilities, scope: ExpressionScope, actions: ActionReader,
        queryProblem: PlanOptions.QueryProblemFinder?, groupExists: @escaping @Sendable (String) -> Bool
    ) {
        self.queryProblem = queryProblem
        self.groupExists = groupExists
        self.source = source
        self.capabilities = capabilities
        self.actions = actions
        template = Template(source: source, scope: scope)
    }

    /// All findings except those about the files that the playbook names.
    var allFindings: [Finding] { findings + template.findings }

    /// Returns the stage, or `nil` if a finding reports the problem.
    mutating func read(_ node: Node) -> PlacedStage? {
        guard case .mapping(let members) = node.content else { return nil }
        checkName(node)
        let skip = skipReason(node)
        if skip == nil, let finding = GroupIsKnown.finding(in: node, of: source, groupExists) {
            findings.append(finding)
        }
        let written = members.filter { ActionReader.words.contains($0.key.text) }
        guard let member = written.first, written.count == 1 else {
            reportActions(written, of: node)
            return nil
        }
        guard let (action, names) = actions.action(member), let nameNode = node["name"],
            let name = nameNode.scalar?.text
        else { return nil }
        var stage = Stage(name: name, action: action, skip: skip)
        stage.approval = node["approval"].flatMap { Approval($0) }
        if let bake = node["for"]?.interval { stage.bake = bake }
        readAnalysis(node, into: &stage)
        if let timeout = node["timeout"]?.interval { stage.timeout = timeout }
        if let retry = node["retry"] { stage.retry = Retry(retry) }
        if let word = node["on_failure"]?.scalar?.text, let policy = FailurePolicy(rawValue: word) {
            stage.onFailure = policy
        }
        return PlacedStage(
            stage: stage, source: source, nameSpan: nameNode.span, actionSpan: member.key.span, action: member.value,
            analysis: node.member("analysis").map { Location(source: source, span: $0.key.span) }, names: names)
    }

    private mutating func checkName(_ node: Node) {
        guard let nameNode = node["name"], let name = nameNode.scalar?.text else { return }
        if let first = firstLines[name] {
            report(
                "StageName", nameNode.span, "there is already a stage \(name.quoted) on line \(first)",
                "give each stage a unique name")
        } else {
            firstLines[name] = nameNode.span.start.line
        }
    }

    private mutating func readAnalysis(_ node: Node, into stage: inout Stage) {
        guard let member = node.member("analysis") else { return }
        let (when, bake) = (member.value.member("when"), node.member("for"))
        if when == nil, let bake {
            report(
                "Analysis", bake.key.span,
                "the stage has both 'for' and 'analysis', and each of them sets its duration",
                "remove the stage's 'for'; the 'for' of the analysis is the longest duration")
        } else if let when, bake == nil {
            report(
                "Analysis", when.key.span, "the analysis has a 'when', but the stage has no 'for'",
                "add a 'for' to the stage, such as 'for: 10m': how long it bakes if the analysis is skipped")
        }
        var reader = AnalysisReader(source: source, queryProblem: queryProblem)
        let specification = reader.read(member.value)
        findings += reader.findings
        stage.analysisSkip = skipReason(member.value)
        guard stage.analysisSkip == nil else { return }
        stage.analysis = specification
        stage.bake = .zero
    }

    /// Returns why the stage or its analysis is skipped by its `when`, or `nil`.
    mutating func skipReason(_ node: Node) -> String? {
        guard let when = node["when"] else { return nil }
        if case .invalid = when.content { return nil }
        guard let scalar = when.scalar else {
            report("Condition", when.span, .conditionIs(when.value), .whenHelp)
            return nil
        }
        guard let result = template.evaluate(scalar, at: when.span) else { return nil }
        guard let holds = result.value.bool else {
            report("Condition", when.span, .conditionIs(result.value), .whenHelp)
            return nil
        }
        guard !holds else { return nil }
        if result.names.contains(ExpressionScope.mirroring), !capabilities.mirroring {
            return "\(capabilities.name) does not mirror traffic"
        }
        if result.names == [ExpressionScope.live], let live = template.scope.values[ExpressionScope.live]?.string {
            return live.isEmpty ? "nothing is live yet" : "'\(live)' is live"
        }
        guard result.names.contains(ExpressionScope.metrics) else {
            return "when: \(scalar.expressionText) is false"
        }
        return
            "\(capabilities.name) \(capabilities.reportsOutcomes ? "reports" : "does not report") outcomes of requests"
    }

    private mutating func reportActions(_ members: [Node.Member], of node: Node) {
        let kinds = ActionReader.words
        guard let extra = members.dropFirst().first else {
            // The check of the shape has already reported a misspelled action.
            let unknown = node.members.map(\.key.text).filter { ObjectShape.stage[$0] == nil }
            guard !unknown.contains(where: { nearest($0, among: kinds) != nil }) else { return }
            return report(
                "OneAction", node.headSpan, "the stage has no action", "add one of \(kinds.joined(separator: ", "))")
        }
        report(
            "OneAction", extra.key.span,
            "the stage has two actions, \((members.first?.key.text ?? "").quoted) and \(extra.key.text.quoted)",
            "write a stage for each")
    }

    private mutating func report(_ rule: String, _ span: Span, _ message: String, _ help: String) {
        findings.append(Finding(.error, rule, at: Location(source: source, span: span), message, help: help))
    }
}

extension String {
    fileprivate static func conditionIs(_ value: Value) -> String {
        "when must be true or false, not \(value.kindName)"
    }
    fileprivate static let whenHelp = "write an expression: when: \"${{ backend.mirroring }}\""
}

extension Scalar {
    /// The text without `${{` and `}}`.
    fileprivate var expressionText: String {
        guard text.hasPrefix("${{"), text.hasSuffix("}}") else { return text }
        return text.dropFirst(3).dropLast(2).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

extension Retry {
    fileprivate init(_ node: Node) {
        self.init()
        if let count = node["attempts"]?.scalar?.value.integer { attempts = count }
        if let interval = node["backoff"]?.interval { backoff = interval }
    }
}
