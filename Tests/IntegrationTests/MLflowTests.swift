import Foundation
import Testing

@testable import LocalEndpoints

@Suite("MLflow models", .integration, .serialized, .timeLimit(.minutes(12)))
struct MLflowTests {
    /// Logs a scikit-learn model of prices, as MLflow's own users do; the second version has another intercept.
    private static let log = """
        import sys
        import mlflow, pandas as pd
        from mlflow.models import infer_signature
        from sklearn.linear_model import LinearRegression
        rooms = pd.DataFrame({"rooms": [1.0, 2.0, 3.0], "area": [30.0, 45.0, 80.0]})
        model = LinearRegression().fit(rooms, [100.0 + float(sys.argv[2]), 200.0, 300.0])
        mlflow.sklearn.save_model(
            model, sys.argv[1], signature=infer_signature(rooms, model.predict(rooms)),
            pip_requirements=sys.argv[3:])

        """

    private static let request = #"{"input_data": {"columns": ["rooms", "area"], "index": [0], "data": [[2, 45]]}}"#

    @Test("a model logged by MLflow is replaced by its next version, both without code, in eight stages")
    func twoVersions() async throws {
        // What of MLflow serves models, without its tracking server, of which the cloud installs no more either.
        let packages = ["mlflow-skinny==3.17.2", "scikit-learn==1.9.1", "pandas==3.1.1", "skops==0.16.0"]
        let python = try await Self.python(with: packages)
        try await TurnoutHome.with(backend: "local") { home in
            try home.shareEnvironments()
            try home.write(Self.log, to: "log.py")
            for (version, name) in [(1, "blue"), (2, "green")] {
                let logged = try await Programs.run(
                    python, [home.path + "/log.py", "\(home.path)/v\(version)", "\((version - 1) * 3)"] + packages)
                try #require(logged.status == 0, "\(logged.output)")
                try home.write(
                    """
                    name: \(name)
                    model: {path: ./v\(version), type: mlflow_model}
                    instance_type: Standard_DS3_v2
                    readiness_probe: {initial_delay: 1, period: 1}
                    request_settings: {max_concurrent_requests_per_instance: 20}

                    """, to: "\(name).yml")
            }
            try home.write(Self.request, to: "request.json")
            let playbook = try home.read("Playbooks/scored-rollout.yml")
                // How much evidence a busy machine gives is another test's question.
                .replacing("${{ backend.metrics }}", with: "${{ backend.name == 'none' }}")
                .replacing("name: scored-rollout", with: "name: prices")
                .replacing("samples/article/model-1/sample-request.json", with: "../request.json")
            try home.write(playbook, to: "Playbooks/prices.yml")

            let ended = try home.run(
                [
                    "run", "prices", "--allow-outside-paths", "--approve", "all", "--input", "bake_for=1s", "--input",
                    "blue_file=\(home.path)/blue.yml", "--input", "green_file=\(home.path)/green.yml",
                ], within: 500)
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            let status = try home.status("prices-1")
            #expect(status.stages.map(\.status) == Array(repeating: "succeeded", count: 8))
            #expect(status.traffic == .init(wanted: ["green": 100], actual: ["green": 100]))

            // The conda file, as MLflow wrote it, asks for what the model was logged with.
            let log = try home.read("state/local/logs/my-endpoint/green/log")
            #expect(log.contains("Pulled: environment") && !log.contains("building environment"), "\(log)")

            // The bare predictions, as in the cloud; MLflow's own forms are not the cloud's.
            let answer = try home.run("endpoint", "invoke", "--request", home.path + "/request.json")
            #expect(answer.output.contains(/\[\d+\.\d+\]/), "\(answer.output)\(answer.errors)")
            for refused in ["{}", #"{"dataframe_split": {"columns": ["rooms"], "data": [[1]]}}"#] {
                let answer = try home.run("endpoint", "invoke", "--data", refused)
                #expect(answer.output.contains("424") && answer.output.contains("input_data"), "\(answer.output)")
            }
        }
    }

    /// The Python of the environment that the models will be served in: they are logged by it, and nothing is installed
    /// twice.
    private static func python(with packages: [String]) async throws -> String {
        let versions = try await Programs.run(
            "/usr/bin/env",
            ["python3", "-c", "import ensurepip, platform; print(platform.python_version(), ensurepip.version())"])
        try #require(versions.status == 0, "\(versions.output)")
        let words = versions.output.split(whereSeparator: \.isWhitespace)
        let list = (["pip<=\(words[1])"] + packages).map { "\"\($0)\"" }
        let conda = """
            channels: [conda-forge]
            dependencies: [python=\(words[0]), \(list[0]), {pip: [\(list.dropFirst().joined(separator: ", "))]}]
            """
        return try await InstanceFixture.interpreter(
            of: PythonServer(
                code: .mlflow, conda: try InstanceFixture.conda(conda), environments: InstanceFixture.environments))
    }

    @Test("a folder that MLflow didn't write is refused by name")
    func noDescriptor() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try FileManager.default.createDirectory(atPath: home.path + "/v1", withIntermediateDirectories: false)
            try home.write("{}", to: "v1/model.json")
            let model = "model: {path: ./v1, type: mlflow_model}"
            try home.write("name: blue\n\(model)\ninstance_type: Standard_DS3_v2\n", to: "blue.yml")
            let ended = try home.run(
                "run", "next-rollout", "--approve", "all", "--input", "file=\(home.path)/blue.yml")
            #expect(ended.status != 0)
            #expect((ended.output + ended.errors).contains("has no file MLmodel"), "\(ended.output)\(ended.errors)")
        }
    }
}
