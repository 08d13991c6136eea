package import Rollouts

extension OwnServer {
    /// Returns the server that `definition` brings, judged by its document and, if its folder is known, by its files.
    ///
    /// With `yaml`, the Python version is read from the conda file. `isRegisteredServer` returns whether a registered
    /// model is an MLflow model, or whether a registered environment has routes.
    package init?(
        of definition: DeploymentDefinition, yaml: YAMLReader? = nil,
        isRegisteredServer: (_ key: String, _ reference: String) -> Bool = { _, _ in false }
    ) {
        let document = definition.document
        let environment = document["environment"]
        if let code = document["code_configuration"]?["code"]?.string {
            self = .script(
                name: document["code_configuration"]?["scoring_script"]?.string ?? "a script", code: code,
                environment: environment.flatMap { Self.words(for: $0, folder: definition.folder, yaml) })
        } else if let model = document.modelPath,
            document.hasMLflowModel(folder: definition.folder) || isRegisteredServer("model", model)
        {
            self = .mlflowModel(model)
        } else if let routes = environment?["inference_config"], routes != .null {
            self = .container(image: environment?["image"]?.string)
        } else if let reference = environment?.string, isRegisteredServer("environment", reference) {
            self = .container(image: reference)
        } else {
            return nil
        }
    }

    /// Returns a description such as `Python 3.12, conda` or `registered environment sklearn:3`, or `nil` if there is
    /// none.
    private static func words(for environment: Value, folder: String?, _ yaml: YAMLReader?) -> String? {
        guard let reference = environment.string else {
            guard let conda = environment["conda_file"], conda != .null else { return nil }
            let python = yaml.flatMap { content(of: conda, folder: folder, $0) }.map(CondaPackage.list)?
                .last { $0.name == "python" }
            guard let versions = python?.versions, !versions.isAny else { return "conda" }
            return "Python \(versions.words), conda"
        }
        let name = reference.hasPrefix("azureml:") ? String(reference.dropFirst("azureml:".count)) : reference
        // A name that a client generated from a file has no meaning for users.
        return name.hasPrefix(EnvironmentFiles.anonymous) ? nil : "registered environment \(name)"
    }

    /// Returns the content of a conda file that a definition names or contains.
    private static func content(of conda: Value, folder: String?, _ yaml: YAMLReader) -> Value? {
        guard let path = conda.string else { return conda }
        guard let folder else { return nil }
        do {
            let bytes = try DiskFile.contents(of: DiskPath.joined(folder, path), limit: EnvironmentFiles.condaLimit)
            return try yaml(String(decoding: bytes, as: UTF8.self))
        } catch {
            return nil  // reported where the file is needed
        }
    }
}

extension Value {
    /// Returns whether a deployment's model is in MLflow's format, according to the document or to the folder that it
    /// names.
    fileprivate func hasMLflowModel(folder: String?) -> Bool {
        if self["model"]?["type"]?.string?.lowercased() == "mlflow_model" { return true }
        guard let folder, let path = modelPath, path.isLocalPath else { return false }
        return FileMetadata(DiskPath.joined(folder, path) + "/" + MLflowModel.descriptor)?.isRegular == true
    }
}
