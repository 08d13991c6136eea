import FoundationEssentials
import RolloutStatistics
import RolloutTesting
import Testing

@testable import PlaybookSyntax

@Suite("The analysis mapping") struct AnalysisTests {
    private func read(_ text: String) -> (specification: AnalysisSpecification?, findings: [Finding]) {
        readAnalysis(SourceFile(path: "gate.yml", data: Data(text.utf8)))
    }

    /// Exactly these rules at the marked places.
    private func expect(
        _ rules: String..., in text: String, saying words: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let marked = MarkedText(text)
        let (specification, findings) = read(marked.text)
        let report = findings.map { $0.rendered(color: false) }.joined(separator: "\n")
        #expect(findings.map(\.rule) == rules, "\(report)", sourceLocation: sourceLocation)
        #expect(
            findings.map(\.span) == marked.spans, "\(report)",
            sourceLocation: sourceLocation)
        #expect(report.contains(words), "\(report)", sourceLocation: sourceLocation)
        #expect(specification == nil, sourceLocation: sourceLocation)
    }

    @Test("everything that a gate can say is read")
    func full() {
        let (specification, findings) = read(
            """
            for: 30m
            at_least: 1m
            warm_up: 30s
            false_alarm: 0.5%
            wrong_pass: 0.05
            on_inconclusive: go_on
            metrics:
              - errors: {margin: 1pt, hard_limit: 5%}
              - latency: {tolerance: 5%, margin: {p50: 20%, p95: 150%}}
              - disagreement: {max: 2%, numeric_tolerance: 1e-6}
              - prometheus: {name: queue, url: "http://127.0.0.1:9090", query: queue_length, max: 10, failures_allowed: 2}
            """)
        #expect(findings.isEmpty)
        #expect(
            specification
                == AnalysisSpecification(
                    longest: 1800, shortest: 60, warmUp: 30, falseAlarm: 0.005, wrongPass: 0.05, onInconclusive: .goOn,
                    metrics: [
                        .errors(ErrorLimits(margin: 0.01, hardLimit: 0.05)),
                        .latency(LatencyLimits(tolerance: 0.05, p50Margin: 0.2, p95Margin: 1.5)),
                        .disagreement(DisagreementLimits(maximum: 0.02, numericTolerance: 1e-6)),
                        .prometheus(
                            PrometheusLimits(
                                name: "queue", url: "http://127.0.0.1:9090", query: "queue_length", maximum: 10,
                                failuresAllowed: 2)),
                    ]))
        #expect(specification?.alarmShares == 4)
    }

    @Test("words stand for metrics with the usual limits, and the key may stand around it all")
    func short() {
        let wanted = AnalysisSpecification(
            longest: 600,
            metrics: [.errors(ErrorLimits()), .latency(LatencyLimits()), .disagreement(DisagreementLimits())])
        #expect(read("{for: 10m, metrics: [errors, latency, disagreement]}").specification == wanted)
        #expect(read("analysis:\n  for: 10m\n  metrics: [errors, latency, disagreement]\n").specification == wanted)
    }

    @Test("what is unknown is a finding that names the nearest")
    func unknown() {
        expect("ValueType", in: "{for: 10m, metrics: [⟦erors⟧]}", saying: "did you mean 'errors'?")
        expect("UnknownKey", in: "{for: 10m, metrics: [{⟦latancy⟧: {}}]}", saying: "did you mean 'latency'?")
        expect("UnknownKey", in: "{for: 10m, ⟦atleast⟧: 1m, metrics: [errors]}", saying: "did you mean 'at_least'?")
        expect(
            "UnknownKey", in: "{for: 10m, metrics: [errors: {⟦hardlimit⟧: 1%}]}", saying: "did you mean 'hard_limit'?")
        expect(
            "UnknownKey", in: "{for: 10m, metrics: [latency: {margin: {⟦p99⟧: 1%}}]}", saying: "p95")
        expect("ValueType", in: "{for: 10m, on_inconclusive: ⟦rollback⟧, metrics: [errors]}", saying: "'roll_back'?")
    }

    @Test("what is missing is a finding")
    func missing() {
        expect("MissingKey", "MissingKey", in: "⟦⟦at_least⟧⟧: 1m\n")
        expect("ValueType", in: "{for: 10m, metrics: ⟦[]⟧}")
        expect("Analysis", in: "{for: 10m, metrics: [⟦{}⟧]}")
        expect(
            "MissingKey", in: "{for: 10m, metrics: [prometheus: {⟦url⟧: \"http://a\", max: 1}]}", saying: "'query'")
        expect("Analysis", in: "{for: 10m, metrics: [⟦prometheus⟧: {url: \"http://a\", query: up}]}", saying: "'max'")
        #expect(readAnalysis(path: "/nowhere/gate.yml").findings.map(\.rule) == ["Analysis"])
    }

    @Test("numbers that make no sense are findings")
    func numbers() {
        expect("ValueType", in: "{for: 10m, false_alarm: ⟦5⟧, metrics: [errors]}", saying: "write a percentage: '5%'")
        expect("ValueType", in: "{for: 10m, false_alarm: ⟦0%⟧, metrics: [errors]}", saying: "0.0001% to 50%")
        expect("ValueType", in: "{for: 10m, wrong_pass: ⟦some⟧, metrics: [errors]}", saying: "1pt or 0.01")
        expect("ValueType", in: "{for: 10m, metrics: [errors: {margin: ⟦nan%⟧}]}")
        expect("ValueType", in: "{for: ⟦0s⟧, metrics: [errors]}")
        expect(
            "Analysis", in: "{for: 10m, at_least: ⟦10m⟧, metrics: [errors]}",
            saying: "at_least must be shorter than 'for'")
        expect("Analysis", in: "{for: 10m, warm_up: ⟦1h⟧, metrics: [errors]}", saying: "shorter than 'for' (10m)")
        expect(
            "Analysis", in: "{for: 10m, metrics: [prometheus: {url: a, query: up, max: 1, min: ⟦2⟧}]}",
            saying: "larger than max")
    }

    @Test("how a query's server lets its reader in is kept, and what is wrong with it is found at its key")
    func access() {
        let server = "url: \"http://127.0.0.1:9090\", query: up, max: 1"
        guard
            case .prometheus(let limits)? = read(
                "{for: 10m, metrics: [prometheus: {\(server), token_env: METRICS_TOKEN, ca_file: /etc/ca.pem}]}"
            ).specification?.metrics.first
        else {
            Issue.record("no query was read")
            return
        }
        #expect(limits.access == ["token_env": "METRICS_TOKEN", "ca_file": "/etc/ca.pem"])
        expect("UnknownKey", in: "{for: 10m, metrics: [prometheus: {\(server), ⟦token⟧: secret}]}", saying: "token_env")
        let marked = MarkedText("{for: 10m, metrics: [prometheus: {\(server), token_file: ⟦token⟧}]}")
        let file = SourceFile(path: "gate.yml", data: Data(marked.text.utf8))
        var found: [Finding] = []
        guard let node = loadYAML(file, findings: &found) else {
            Issue.record("\(found)")
            return
        }
        var reader = AnalysisReader(source: file) { url, access in
            access["token_file"] == "token" && url == "http://127.0.0.1:9090"
                ? SettingsProblem(path: ["token_file"], message: "is wrong") : nil
        }
        _ = reader.read(node)
        #expect(reader.findings.map(\.span) == marked.spans)
        #expect(reader.findings.map(\.message) == ["token_file is wrong"])
    }

    @Test("a metric stands once, and one in an item")
    func twice() {
        expect("Analysis", in: "{for: 10m, metrics: [errors, ⟦errors: {margin: 2pt}⟧]}", saying: "remove one")
        expect("Analysis", in: "{for: 10m, metrics: [{errors: {}, ⟦latency⟧: {}}]}", saying: "an item for each")
    }
}
