import Foundation
import PlaybookSyntax
import Rollouts
import Testing

@testable import AssetFiles

@Suite("What a deployment brings that can serve it")
struct OwnServerTests {
    private func own(_ document: Value, in folder: String? = nil, registered: Set<String> = []) -> OwnServer? {
        let definition = DeploymentDefinition(name: "green", endpoint: "houses", document: document, folder: folder)
        return OwnServer(of: definition, yaml: pythonYAMLValue(of:)) { registered.contains("\($0) \($1)") }
    }

    @Test("code comes first, then a model of MLflow, then a container with routes")
    func order() {
        let routes: Value = ["image": "mine:1", "inference_config": ["scoring_route": ["path": "/x", "port": 80]]]
        let model: Value = ["path": "./model", "type": "mlflow_model"]
        let code: Value = ["code": "./code", "scoring_script": "score.py"]
        #expect(
            own(["environment": routes, "model": model, "code_configuration": code])
                == .script(name: "score.py", code: "./code", environment: nil))
        #expect(own(["environment": routes, "model": model]) == .mlflowModel("./model"))
        #expect(own(["environment": routes]) == .container(image: "mine:1"))
        #expect(own(["environment": ["image": "mine:1"], "model": ["path": "./model"]]) == nil)
        #expect(own(["model": "azureml:houses:1"]) == nil)
    }

    @Test("registered models and environments are asked for")
    func registered() {
        let document: Value = ["model": "azureml:houses:1", "environment": "azureml:routes:2"]
        #expect(own(document, registered: ["model azureml:houses:1"]) == .mlflowModel("azureml:houses:1"))
        #expect(own(document, registered: ["environment azureml:routes:2"]) == .container(image: "azureml:routes:2"))
    }

    @Test(
        "what its code runs in is said",
        arguments: [
            (["conda_file": ["dependencies": ["python=3.12", "pip"]]], "Python 3.12, conda"),
            (["conda_file": ["dependencies": ["conda-forge::python>=3.10"]]], "Python >=3.10, conda"),
            (["conda_file": ["dependencies": ["python 3.11"]]], "Python 3.11, conda"),
            (["conda_file": ["dependencies": ["python=3.11.4=h955ad1f_0"]]], "Python 3.11.4, conda"),
            (["conda_file": ["dependencies": ["python>=3.9|3.8"]]], "Python >=3.9|3.8, conda"),
            (["conda_file": ["dependencies": ["python=*"]]], "conda"),
            (["conda_file": ["dependencies": ["pip"]]], "conda"),
            (["conda_file": "./gone.yml"], "conda"),
            ("azureml:sklearn:3", "registered environment sklearn:3"),
            ("azureml:CliV2AnonymousEnvironment:0123", nil),
            (["image": "x"], nil),
        ] as [(Value, String?)])
    func environments(environment: Value, words: String?) {
        let code: Value = ["code": "./code", "scoring_script": "score.py"]
        #expect(
            own(["code_configuration": code, "environment": environment])
                == .script(name: "score.py", code: "./code", environment: words))
    }

    @Test("a conda file and a model's folder are looked into")
    func files() throws {
        try withScratch { folder in
            try write("dependencies:\n- python=3.11\n- pip\n", folder + "/conda.yml")
            try write("flavors: {}\n", folder + "/model/MLmodel")
            try write("{}", folder + "/weights/model.json")
            #expect(
                own(
                    [
                        "code_configuration": ["code": "./code", "scoring_script": "score.py"],
                        "environment": ["conda_file": "./conda.yml"],
                    ], in: folder) == .script(name: "score.py", code: "./code", environment: "Python 3.11, conda"))
            #expect(own(["model": ["path": "./model"]], in: folder) == .mlflowModel("./model"))
            #expect(own(["model": ["path": "./weights"]], in: folder) == nil)
        }
    }
}
