import Foundation
import PlaybookSyntax
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import LocalEndpoints

private typealias Sample = SamplePlaybook

@Suite("Assets that a plan names")
struct AssetTests {
    /// The plan with `green` in green's file, where the model `houses` is registered in MLflow's format, and the environment
    /// `fastapi` with routes.
    private func plan(_ green: String, _ settings: String = "simulate: {blue: {}, green: {}}") throws -> PlanOutcome {
        try ScratchFolder.with { state in
            try FileManager.default.createDirectory(atPath: state + "/local", withIntermediateDirectories: true)
            let store = try LocalStore(LocalFolder(state: state))
            let assets: [(AssetKind, String, Value)] = [
                (.models, "houses", ["modelType": "mlflow_model"]), (.models, "plain", ["modelType": "custom_model"]),
                (.environments, "fastapi", ["image": "x", "inferenceConfig": ["livenessRoute": ["port": 80]]]),
            ]
            for (kind, name, properties) in assets {
                try store.keep(
                    AssetRecord(
                        kind: kind, name: name, version: "1", properties: properties,
                        created: Timestamp(milliseconds: 0),
                        modified: Timestamp(milliseconds: 0)))
            }
            try store.close()
            var options = PlanOptions(LocalPlugin(serve: [], machine: .sample))
            options.state = state
            return Sample.plan(
                "backends: {local: {\(settings)}}\n" + Sample.start, options,
                files: ["green.yml": Sample.deployment("green", green)])
        }
    }

    private func green(_ outcome: PlanOutcome) -> DeploymentDefinition? {
        outcome.snapshot?.plan.stages.last?.action.deployment
    }

    @Test("models of MLflow, and environments with routes, serve a deployment; a label means its version of now")
    func servers() throws {
        let model = try #require(green(try plan("model: azureml:houses@latest\n")))
        #expect(model.server == "MLflow model azureml:houses:1")
        #expect(model.document["model"] == "azureml:houses:1")
        #expect(green(try plan("model: azureml:plain:1\n"))?.serving == ["simulate": [:]])
        #expect(try plan("environment: azureml:fastapi:1\n").findings.map(\.rule) == ["ServerIsKnown"])
    }

    @Test("what is not registered is a finding where it is named, unless something else serves the deployment")
    func missing() throws {
        let code = "code_configuration: {code: azureml:src:1, scoring_script: score.py}\n"
        for (text, words) in [
            (code.replacing("azureml:src:1", with: "⟦azureml:src:1⟧"), "code src:1 is not registered on local"),
            (code + "model: ⟦azureml:none@latest⟧\n", "model none is not registered on local"),
            (
                code + "environment: ⟦azureml://registries/azureml/environments/x/versions/1⟧\n",
                "is an Azure environment"
            ),
        ] {
            let marked = MarkedText(Sample.deployment("green", text))
            let outcome = try plan(text.replacing("⟦", with: "").replacing("⟧", with: ""))
            let found = outcome.findings.filter { $0.message.contains(words) }
            #expect(found.map(\.rule) == ["AssetsAreRegistered"], "\(outcome.findings)")
            #expect(found.map(\.span) == marked.spans)
        }
        #expect(try plan(code, "command: {blue: [a], green: [a]}").findings.isEmpty)
    }

    @Test("what stands on this machine for an environment of Azure's takes its place")
    func standIn() throws {
        let name = "azureml://registries/azureml/environments/x/versions/1"
        let settings =
            "simulate: {blue: {}, green: {}}, environments: {\"\(name)\": {inference_config: {}, image: mine}}"
        let outcome = try plan("model: azureml:houses:1\nenvironment: \(name)\n", settings)
        #expect(outcome.findings.isEmpty, "\(outcome.findings)")
        #expect(green(outcome)?.document["environment"]?["image"] == "mine")
    }
}
