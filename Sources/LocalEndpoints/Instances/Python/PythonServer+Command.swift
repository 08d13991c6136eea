internal import Support
internal import AssetFiles

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

extension PythonServer {
    /// azureml-inference-server-http always listens on every address; here, only on the loopback one.
    private static let launcher = """
        from azureml_inference_server_http import amlserver
        amlserver.DEFAULT_HOST = "127.0.0.1"
        amlserver.run()
        """

    /// Throws `BadArgument` when the scoring script is not where it is said to be.
    func check() throws(InstanceProblem) {
        guard case .folder(let folder, let script) = code, access("\(folder)/\(script)", R_OK) != 0 else { return }
        throw InstanceProblem(
            code: "BadArgument",
            message: "the scoring script \(script) cannot be read in the code folder \(folder): "
                + String(cString: strerror(errno)))
    }

    /// Copies the code and the model into an instance's folder.
    func fill(_ folder: InstanceFolder) throws {
        switch code {
        case .folder(let code, _): try folder.copy(code, to: Self.codeFolder)
        case .mlflow: try folder.write(MLflowScript.text, to: "\(Self.codeFolder)/\(MLflowScript.name)")
        }
        if let model { try folder.copy(model, to: "\(Self.modelFolder)/\(DiskPath.name(of: model))") }
    }

    /// Relative to the folder of the code: `score.py`.
    private var scoringScript: String {
        switch code {
        case .folder(_, let script): script
        case .mlflow: MLflowScript.name
        }
    }

    private static let codeFolder = "code"
    private static let modelFolder = "model"

    /// The inference server of `python`'s environment, as it serves this script from an instance's folder.
    func command(python: String, in folder: InstanceFolder, port: Int, environment: [String: String]) -> ServerCommand {
        var environment = environment
        let script = "\(folder.path)/\(Self.codeFolder)/\(scoringScript)"
        let scriptFolder = script.parentFolder
        let modelFolder = model.map { _ in "\(folder.path)/\(Self.modelFolder)" }
        // The names are the server's own, and the cloud's; so is the script's own folder as the root of the program.
        environment["AML_APP_ROOT"] = scriptFolder
        environment["AZUREML_ENTRY_SCRIPT"] = DiskPath.name(of: scoringScript)
        environment["AZUREML_MODEL_DIR"] = modelFolder
        // A program that the script starts by its name is the environment's.
        environment["PATH"] = [python.parentFolder, environment["PATH"]].compactMap(\.self).joined(
            separator: ":")
        // Lines come when they are said.
        environment["PYTHONUNBUFFERED"] = "1"
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        var arguments = [
            python, "-c", Self.launcher, "--entry_script", script, "--port", String(port),
        ]
        if let modelFolder { arguments += ["--model_dir", modelFolder] }
        return ServerCommand(
            arguments: arguments, folder: scriptFolder, environment: environment, port: port, routes: InferenceRoutes(),
            reach: .inferenceServer)
    }
}
