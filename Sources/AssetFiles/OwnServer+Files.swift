package import Rollouts

extension OwnServer {
    /// What `definition` brings, by its document and, if its folder is known, by its files.
    ///
    /// With `yaml`, the version of Python is read from the conda file. `isRegisteredServer` says whether a registered model
    /// is one of MLflow, and whether a registered environment has routes.
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

    /// `Python 3.12, conda`, `registered environment sklearn:3`; nil if nothing is to be said.
    private static func words(for environment: Value, folder: String?, _ yaml: YAMLReader?) -> String? {
        guard let reference = environment.string else {
            guard let conda = environment["conda_file"], conda != .null else { return nil }
            let version = yaml.flatMap { pythonVersion(conda, folder: folder, $0) }
            return version.map { "Python \($0), conda" } ?? "conda"
        }
        let name = reference.hasPrefix("azureml:") ? String(reference.dropFirst("azureml:".count)) : reference
        // The name of one that a client made of a file says nothing.
        return name.hasPrefix(EnvironmentFiles.anonymous) ? nil : "registered environment \(name)"
    }

    /// The version of Python that a conda file, or its content, asks for.
    private static func pythonVersion(_ conda: Value, folder: String?, _ yaml: YAMLReader) -> String? {
        var content = conda
        if let path = conda.string {
            guard let folder else { return nil }
            do {
                let bytes = try DiskFile.contents(of: DiskPath.joined(folder, path), limit: EnvironmentFiles.condaLimit)
                content = try yaml(String(decoding: bytes, as: UTF8.self))
            } catch {
                return nil  // reported where the file is needed
            }
        }
        guard case .list(let dependencies)? = content["dependencies"] else { return nil }
        for text in dependencies.compactMap(\.string) {
            let wanted = text.split(separator: "::").last ?? ""
            let name = wanted.prefix { !" =<>!~".contains($0) }
            guard name.lowercased() == "python" else { continue }
            let version = wanted.dropFirst(name.count).filter { $0 != " " }.drop { $0 == "=" }
            return version.isEmpty ? nil : String(version)
        }
        return nil
    }
}

extension Value {
    /// Whether a deployment's model is in MLflow's format, by what the document says or by the folder that it names.
    fileprivate func hasMLflowModel(folder: String?) -> Bool {
        if self["model"]?["type"]?.string?.lowercased() == "mlflow_model" { return true }
        guard let folder, let path = modelPath, path.isLocalPath else { return false }
        return DiskFacts(DiskPath.joined(folder, path) + "/" + MLflowModel.descriptor)?.isRegular == true
    }
}
