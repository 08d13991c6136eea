import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("Files that a playbook names")
struct NamedFileTests {
    /// Expects findings in a file that the playbook names, at its marked places.
    private func expectFindings(_ rules: String..., in file: String, as path: String, saying words: String = "") {
        let marked = MarkedText(file)
        let outcome = Sample.plan(
            Sample.start + "  - {name: test, invoke: {request_file: request.json}}\n", files: [path: marked.text])
        let text = outcome.findings.map { $0.rendered(color: false) }.joined(separator: "\n")
        #expect(outcome.findings.map(\.rule) == rules, "\(text)")
        #expect(outcome.findings.map(\.span) == marked.spans, "\(text)")
        #expect(outcome.findings.allSatisfy { $0.file == path })
        #expect(text.contains(words), "\(text)")
    }

    @Test("a deployment file is checked at every level")
    func deployment() {
        expectFindings(
            "UnknownKey", "ValueType", "ValueType", "SettingsInRange", "ValueType", "UnknownKey", "ValueType",
            in: Sample.deployment(
                "green",
                """
                ⟦instance_cuont⟧: 2
                model: {path: ⟦5⟧, version: ⟦1⟧}
                request_settings: {request_timeout_ms: ⟦200000⟧}
                app_insights_enabled: ⟦maybe⟧
                ⟦resources⟧: {limits: {nvidia.com/gpu: '1'}}
                scale_settings: {type: ⟦magic⟧}

                """), as: "green.yml", saying: "did you mean 'instance_count'?")
    }

    @Test("an endpoint file has known keys, and its traffic is not used")
    func endpoint() {
        expectFindings(
            "UnknownKey", "EndpointFile",
            in: "name: my-endpoint\n⟦auth-mode⟧: key\n⟦traffic⟧: {blue: 100}\nmirror_traffic: {}\n", as: "endpoint.yml",
            saying: "did you mean 'auth_mode'?")
    }

    @Test("a deployment belongs to the playbook's endpoint")
    func endpointName() {
        let other = "name: green\nendpoint_name: ⟦other⟧\ninstance_type: x\n"
        expectFindings("EndpointName", in: other, as: "green.yml", saying: "endpoint_name: my-endpoint")
        let overridden = Sample.plan(
            Sample.start, .managed(endpoint: "mine"), files: ["green.yml": MarkedText(other).text])
        #expect(overridden.findings.isEmpty)
    }

    @Test("a managed deployment says its instance type, and names keep the rules")
    func required() {
        expectFindings("MissingKey", in: "⟦name⟧: green\nendpoint_name: my-endpoint\n", as: "green.yml")
        expectFindings(
            "ValidNames", in: "name: ⟦g!⟧\nendpoint_name: my-endpoint\ninstance_type: x\n", as: "green.yml")
    }

    @Test("a definition keeps the whole file and fills in what Turnout uses")
    func definition() throws {
        let file = Sample.deployment(
            "green",
            "instance_count: 3\ntags: {a: 1}\nrequest_settings: {request_timeout_ms: 3000, max_queue_wait_ms: '20'}\n")
        let outcome = Sample.plan(Sample.start, files: ["green.yml": file])
        guard let definition = outcome.snapshot?.plan.stages[1].action.deployment else {
            Issue.record("\(outcome.findings)")
            return
        }
        #expect(definition.instanceCount == 3 && definition.instanceType == "Standard_DS3_v2")
        #expect(definition.requestSettings == RequestSettings(timeout: .seconds(3), maxQueueWait: .milliseconds(20)))
        #expect(definition.document["tags"] == ["a": "1"])
    }

    @Test("a deploy stage's instance count takes the place of the file's")
    func instanceCount() throws {
        let stages = try Sample.stages(
            Sample.start + "  - {name: more, deploy: {deployment_file: green.yml, instance_count: 4}}\n")
        guard let definition = stages.last?.action.deployment else {
            Issue.record("the last stage deploys")
            return
        }
        #expect(definition.instanceCount == 4)
    }

    @Test(
        "a request file is JSON",
        arguments: [
            "{\"a\": 1,⟦⟧}", "⟦⟧", "[1, 2⟦⟧", "{⟦⟧a: 1}", "[01⟦⟧]".replacing("01⟦⟧", with: "0⟦⟧1"), "[1.⟦⟧]", "[⟦⟧nul]",
            "1 ⟦⟧2",
            "[\"a\\⟦⟧x\"]", "[\"\\u12⟦⟧g4\"]", "{\"a\" ⟦⟧1}", "[⟦⟧]x".replacing("⟦⟧]x", with: "]⟦⟧x"), "[\"a⟦⟧\n\"]",
            "\"a⟦⟧",
        ])
    func json(marked: String) {
        expectFindings("JSONSyntax", in: marked, as: "request.json")
    }

    @Test(
        "JSON of every form is taken",
        arguments: ["{}", " [ ] ", "-0.5e+3", "\"\\u00e9\\n\"", "[true,false,null,{\"a\":[]}]"])
    func validJSON(text: String) {
        expectFindings(in: text, as: "request.json")
    }

    @Test("deep JSON is a finding")
    func deepJSON() throws {
        #expect(throws: JSONProblem.self) {
            try JSONReader.value(Array(repeating: UInt8(ascii: "["), count: 1_000_000))
        }
    }

    @Test("on disk, what cannot be read is marked where it is named")
    func disk() throws {
        let manager = FileManager.default
        let root = manager.temporaryDirectory.appending(path: "playbooks-\(UInt64.random(in: 0 ... .max))")
        defer { #expect(throws: Never.self) { try manager.removeItem(at: root) } }
        let folder = root.appending(path: "Playbooks")
        try manager.createDirectory(at: folder.appending(path: "folder"), withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: root.appending(path: "secret.json"))
        try manager.createSymbolicLink(
            at: folder.appending(path: "link.json"), withDestinationURL: root.appending(path: "secret.json"))
        try Data(repeating: 32, count: FileSource.limit + 1).write(to: folder.appending(path: "large.json"))
        let paths = [
            "missing.json", "folder", "link.json", "../secret.json", "/dev/null", "large.json", "folder/../../x",
        ]
        let lines = paths.enumerated().map { "  - {name: s\($0), invoke: {request_file: ⟦\($1)⟧}}\n" }
        let marked = MarkedText("name: x\nendpoint: my-endpoint\nstages:\n" + lines.joined())
        let playbook = folder.appending(path: "x.yml").path
        try Data(marked.text.utf8).write(to: folder.appending(path: "x.yml"))

        let outcome = makePlan(of: playbook, options: .managed())
        #expect(outcome.findings.map(\.span) == marked.spans)
        let words = ["there is no file", "is a folder", "outside", "outside", "outside", "is larger than", "outside"]
        for (finding, word) in zip(outcome.findings, words) { #expect(finding.message.contains(word), "\(finding)") }

        var options = PlanOptions.managed()
        options.allowOutsidePaths = true
        let allowed = makePlan(of: playbook, options: options)
        #expect(allowed.findings.map(\.start.line) == [4, 5, 8, 9, 10])
        #expect(makePlan(of: folder.path + "/no.yml", options: options).findings.count == 1)
        #expect(throws: FileProblem.self) { try PlaybookSource(path: folder.path) }
    }

    @Test("a file of inputs is a mapping in YAML or JSON")
    func inputs() throws {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "inputs-\(UInt64.random(in: 0 ... .max)).json")
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: file) } }
        try Data("{\"canary\": 10, \"name\": \"green\"}".utf8).write(to: file)
        let read = readInputs(path: file.path)
        #expect(read.values == ["canary": .value(10), "name": .value("green")])
        #expect(read.findings.isEmpty)
        try Data("- a\n".utf8).write(to: file)
        #expect(readInputs(path: file.path).findings.map(\.rule) == ["Input"])
        #expect(readInputs(path: file.path + ".no").findings.count == 1)
    }
}
