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
        guard access("\(code)/\(scoringScript)", R_OK) == 0 else {
            throw InstanceProblem(
                code: "BadArgument",
                message: "the scoring script \(scoringScript) cannot be read in the code folder \(code): "
                    + String(cString: strerror(errno)))
        }
    }

    /// The inference server of `python`'s virtual environment, as it serves this script.
    func command(python: String, port: Int, environment: [String: String]) -> ServerCommand {
        var environment = environment
        // The names are the server's own, and the cloud's.
        environment["AML_APP_ROOT"] = code
        environment["AZUREML_ENTRY_SCRIPT"] = scoringScript
        environment["AZUREML_MODEL_DIR"] = modelFolder
        environment["VIRTUAL_ENV"] = python.split(separator: "/").count > 2 ? Self.folder(of: python) : nil
        // Lines come when they are said, and the user's folder stays as it is.
        environment["PYTHONUNBUFFERED"] = "1"
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        var arguments = [
            python, "-c", Self.launcher, "--entry_script", "\(code)/\(scoringScript)", "--port", String(port),
        ]
        if let modelFolder { arguments += ["--model_dir", modelFolder] }
        return ServerCommand(
            arguments: arguments, folder: code, environment: environment, port: port, routes: InferenceRoutes(),
            reach: .inferenceServer)
    }

    /// `/environments/HASH` of `/environments/HASH/bin/python`.
    private static func folder(of python: String) -> String {
        "/" + python.split(separator: "/").dropLast(2).joined(separator: "/")
    }
}
