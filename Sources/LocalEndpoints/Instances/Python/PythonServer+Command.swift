internal import Support
internal import AssetFiles

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

extension PythonServer {
    /// Starts azureml-inference-server-http on the loopback address, instead of on all addresses as it does by default.
    private static let launcher = """
        from azureml_inference_server_http import amlserver
        amlserver.DEFAULT_HOST = "127.0.0.1"
        amlserver.run()
        """

    /// Throws `BadArgument` if the scoring script cannot be read.
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

    /// The path relative to the folder of the code, for example `score.py`.
    private var scoringScript: String {
        switch code {
        case .folder(_, let script): script
        case .mlflow: MLflowScript.name
        }
    }

    private static let codeFolder = "code"
    private static let modelFolder = "model"

    /// The command that serves the script from an instance's folder with the inference server of `python`.
    func command(python: String, in folder: InstanceFolder, port: Int, environment: [String: String]) -> ServerCommand {
        var environment = environment
        let script = "\(folder.path)/\(Self.codeFolder)/\(scoringScript)"
        let scriptFolder = script.parentFolder
        let modelFolder = model.map { _ in "\(folder.path)/\(Self.modelFolder)" }
        // The server and the cloud define these names, and the script's folder as the root of the app.
        environment["AML_APP_ROOT"] = scriptFolder
        environment["AZUREML_ENTRY_SCRIPT"] = DiskPath.name(of: scoringScript)
        environment["AZUREML_MODEL_DIR"] = modelFolder
        // Programs that the script starts by name are found in the environment first.
        environment["PATH"] = [python.parentFolder, environment["PATH"]].compactMap(\.self).joined(
            separator: ":")
        // Output is logged without delay.
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
