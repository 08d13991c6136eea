import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("Names and values that take the place of a file's")
struct OverrideTests {
    private func deployment(_ stage: String, _ options: PlanOptions = .managed(), files: [String: String] = [:]) throws
        -> DeploymentDefinition
    {
        let outcome = Sample.plan("name: x\nendpoint: my-endpoint\nstages:\n  - \(stage)\n", options, files: files)
        let text = outcome.findings.map { $0.rendered(color: false) }.joined(separator: "\n")
        return try #require(outcome.draft?.stages.first?.action.deployment, "\(text)")
    }

    @Test("a missing endpoint_name is the playbook's endpoint")
    func missingEndpointName() throws {
        let file = "name: green\ninstance_type: x\n"
        let definition = try deployment("{name: d, deploy: {deployment_file: g.yml}}", files: ["g.yml": file])
        #expect(definition.endpoint == "my-endpoint")
        #expect(definition.document["endpoint_name"] == "my-endpoint")
    }

    @Test("--endpoint takes the place of the files' names, and fills in where there is none")
    func endpointOption() throws {
        for endpoint in ["auth_mode: key\n", "name: my-endpoint\n"] {
            for line in ["", "endpoint_name: other\n"] {
                let outcome = Sample.plan(
                    "name: x\nstages:\n  - {name: d, define: {endpoint_file: e.yml, deployment_file: g.yml}}\n",
                    .managed(endpoint: "mine"),
                    files: ["e.yml": endpoint, "g.yml": "name: green\ninstance_type: x\n" + line])
                guard let action = outcome.snapshot?.plan.stages.first?.action, let defined = action.endpoint,
                    let deployment = action.deployment
                else {
                    Issue.record("\(outcome.findings)")
                    continue
                }
                #expect(defined.name == "mine" && deployment.endpoint == "mine")
                #expect(deployment.document["endpoint_name"] == "mine")
            }
        }
    }

    @Test("without any name, the finding says how to give one")
    func noName() {
        let outcome = Sample.plan(
            "name: x\nstages:\n  - {name: d, define: {endpoint_file: e.yml}}\n", files: ["e.yml": "auth_mode: key\n"])
        #expect(outcome.findings.map(\.rule) == ["MissingKey"])
        #expect(outcome.findings.first?.help == "add 'name: my-endpoint', or pass --endpoint NAME")
    }

    @Test("a stage's name and set take the place of the file's values")
    func set() throws {
        let definition = try deployment(
            "{name: d, deploy: {deployment_file: green.yml, name: purple, set: {request_settings.request_timeout_ms: "
                + "60000, instance_count: '3', tags.version: 1.0, environment_variables: {A: 034}}}}")
        #expect(definition.name == "purple" && definition.instanceCount == 3)
        #expect(definition.requestSettings.timeout == .seconds(60))
        #expect(definition.document["tags"] == ["version": "1.0"])
        #expect(definition.document["environment_variables"] == ["A": "28"])
        #expect(definition.document["name"] == "purple")
    }

    @Test("set takes expressions")
    func expressions() throws {
        let definition = try deployment(
            "{name: d, deploy: {deployment_file: green.yml, set: {instance_count: '${{ 1 + 2 }}', tags.run: '${{ run.id }}'}}}"
        )
        #expect(definition.instanceCount == 3)
        #expect(definition.document["tags"] == ["run": "x-1"])
    }

    @Test("define sets values of both files")
    func define() throws {
        let stages = try Sample.stages(
            """
            name: x
            stages:
              - name: define
                define: {endpoint_file: endpoint.yml, deployment_file: blue.yml, name: first, set: {instance_count: 2},
                  endpoint_set: {auth_mode: AMLToken, tags.team: a}}

            """)
        guard let endpoint = stages.first?.action.endpoint, let deployment = stages.first?.action.deployment else {
            Issue.record("the stage defines")
            return
        }
        #expect(endpoint.authMode == "aml_token" && endpoint.document["tags"] == ["team": "a"])
        #expect(deployment.name == "first" && deployment.instanceCount == 2)
    }

    @Test(
        "what is wrong with a set value is marked in the playbook",
        arguments: [
            ("{⟦instance_cuont⟧: 3}", "UnknownKey"), ("{instance_count: ⟦many⟧}", "ValueType"),
            ("{⟦request_settings.timeout⟧: 3}", "UnknownKey"), ("{⟦name.first⟧: x}", "Set"),
            ("{request_settings.request_timeout_ms: ⟦200000⟧}", "SettingsInRange"),
            ("{instance_type: ⟦5⟧}", "ValueType"),
            ("{model: ⟦credit:1⟧}", "ValueType"), ("{description: ⟦~⟧}", "ValueType"),
        ])
    func problems(set: String, rule: String) {
        expectFindings(
            rule, in: Sample.start + "  - {name: e, deploy: {deployment_file: green.yml, set: \(set)}}\n")
    }

    @Test("name and set without a deployment are marked")
    func noDeployment() {
        expectFindings(
            "Set", "Set",
            in:
                "name: x\nstages:\n  - {name: d, define: {endpoint_file: endpoint.yml, ⟦name⟧: a, ⟦set⟧: {instance_count: 1}}}\n"
        )
    }

    @Test("a placeholder that is not filled in is named as one")
    func placeholders() {
        for line in ["model: ⟦<MODEL>⟧", "instance_count: ⟦'{{COUNT}}'⟧", "app_insights_enabled: ⟦${FLAG}⟧"] {
            let marked = MarkedText(Sample.deployment("green", line + "\n"))
            let outcome = Sample.plan(Sample.start, files: ["green.yml": marked.text])
            #expect(outcome.findings.map(\.rule) == ["Placeholder"], "\(outcome.findings)")
            #expect(outcome.findings.map(\.span) == marked.spans)
        }
        let braces = Sample.plan(
            Sample.start, files: ["green.yml": "name: {{NAME}}\nendpoint_name: my-endpoint\ninstance_type: x\n"])
        #expect(braces.findings.first?.message == "the placeholder '{{NAME}}' is not filled in")
        let name = Sample.plan(
            Sample.start, files: ["green.yml": "name: <NAME>\nendpoint_name: my-endpoint\ninstance_type: x\n"])
        #expect(name.findings.map(\.message) == ["the placeholder '<NAME>' is not filled in"])
    }

    @Test("a byte order mark is no part of any file")
    func mark() {
        let mark = "\u{FEFF}"
        let files = ["endpoint.yml", "blue.yml", "green.yml", "request.json"].map {
            ($0, mark + (Sample.files[$0] ?? ""))
        }
        let outcome = Sample.plan(
            mark + Sample.start + "  - {name: t, invoke: {request_file: request.json}}\n",
            files: Dictionary(uniqueKeysWithValues: files))
        #expect(outcome.findings.isEmpty, "\(outcome.findings)")
    }

    @Test("a file of az … show is taken, and what it only shows is dropped")
    func shown() throws {
        let outcome = Sample.plan(
            "name: x\nstages:\n  - {name: d, define: {endpoint_file: e.yml}}\n",
            files: [
                "e.yml": Sample.endpoint + """
                    id: /subscriptions/x
                    kind: Managed
                    location: westeurope
                    scoring_uri: https://x
                    provisioning_state: Succeeded
                    mirror_traffic: {}

                    """
            ])
        guard let endpoint = outcome.snapshot?.plan.stages.first?.action.endpoint else {
            Issue.record("\(outcome.findings)")
            return
        }
        #expect(endpoint.document == ["name": "my-endpoint", "auth_mode": "key"])
    }
}
