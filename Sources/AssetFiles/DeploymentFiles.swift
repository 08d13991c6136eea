package import Rollouts

/// The files on this machine that a deployment's definition names, as far as its servers use them.
package struct DeploymentFiles: Sendable {
    private let definition: DeploymentDefinition
    private let folder: String
    private let yaml: YAMLReader

    /// Returns `nil` if the folder that the definition's paths are relative to is unknown.
    package init?(_ definition: DeploymentDefinition, yaml: @escaping YAMLReader) {
        guard let folder = definition.folder else { return nil }
        self.definition = definition
        self.folder = folder
        self.yaml = yaml
    }

    /// The kind of server from the settings; `nil` if the deployment brings its server.
    private var word: String? { ["simulate", "command", "external"].first { definition.serving?[$0] != nil } }

    /// Returns the folder or file of the code; `nil` if the definition names none on this machine, or the server does
    /// not use it.
    package func code() throws(AssetProblem) -> AssetTree? {
        try tree(definition.document["code_configuration"]?["code"]?.string, "code_configuration.code")
    }

    package func model() throws(AssetProblem) -> AssetTree? {
        try tree(definition.document.modelPath, "model.path")
    }

    private func tree(_ path: String?, _ member: String) throws(AssetProblem) -> AssetTree? {
        guard let path, path.isLocalPath, word == nil || word == "command" else { return nil }
        let place = DiskPath.joined(folder, path)
        // A command does not need the code and the model that the file names for the cloud.
        if word == "command", FileMetadata(place) == nil { return nil }
        do {
            return try AssetTree(place)
        } catch {
            throw AssetProblem(error.message, member: member)
        }
    }

    /// Returns the inline environment; for a command or an external server, only if it defines routes.
    package func environment() throws(AssetProblem) -> EnvironmentFiles? {
        guard case .mapping(let members)? = definition.document["environment"], word != "simulate" else { return nil }
        guard word == nil || members["inference_config"] != nil else { return nil }
        return try EnvironmentFiles(.mapping(members), folder: folder, needsConda: word == nil, yaml: yaml)
    }

    package func command() throws(AssetProblem) -> CommandFiles? { try CommandFiles(definition.serving) }

    /// Returns the digests of all files that exist; `nil` if none of them is used.
    package func contents(_ digests: DigestCache) throws(AssetProblem) -> LocalContents? {
        var contents = LocalContents()
        if let code = try code() { contents.code = try digests.hashes(of: code).content }
        if let model = try model() { contents.model = try digests.hashes(of: model).object }
        contents.environment = try environment()?.digest
        contents.command = try command()?.digest()
        return contents == LocalContents() ? nil : contents
    }
}

extension Value {
    /// The text of a deployment's `model` or of its `path`: a path, or a reference to a registered model.
    package var modelPath: String? { self["model"]?.string ?? self["model"]?["path"]?.string }
}

extension String {
    /// Whether the text is a path on this machine, and neither an asset's name nor a URL.
    package var isLocalPath: Bool {
        let text = lowercased()
        return !text.hasPrefix("azureml:") && !text.hasPrefix("/subscriptions/") && !text.hasPrefix("runs:/") && !isURL
    }
}

extension DeploymentFiles {
    /// Returns what is wrong with the scoring script, which must be one of the code's files, or `nil`.
    ///
    /// The result is `nil` if the code is not on this machine.
    package func scriptProblem() throws(AssetProblem) -> AssetProblem? {
        let member = "code_configuration.scoring_script"
        guard word == nil, let code = try code(),
            let script = definition.document["code_configuration"]?["scoring_script"]?.string
        else { return nil }
        let path = script.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        guard !code.files.contains(where: { $0.path == path }) else { return nil }
        guard !script.hasPrefix("/"), !script.split(separator: "/").contains("..") else {
            return AssetProblem("\(script) is outside \(code.root); only that folder is uploaded", member: member)
        }
        let isThere = FileMetadata(code.root + "/" + script)?.isRegular == true
        return AssetProblem(
            isThere
                ? "\(script) is excluded by the .amlignore or .gitignore of \(code.root), so it is not uploaded"
                : "there is no file \(script) in \(code.root)", member: member)
    }

    /// Returns what is wrong with the program of a command; `nil` if it can be started, or if there is no command.
    package func programProblem() -> AssetProblem? {
        guard let serving = definition.serving, case .list(let words)? = serving["command"],
            let program = words.first?.string, let folder = serving["folder"]?.string
        else { return nil }
        if program.contains("/") {
            let place = DiskPath.joined(folder, program)
            guard let facts = FileMetadata(place), facts.isRegular else {
                return AssetProblem("there is no program \(program): \(place) is not a file")
            }
            return facts.isExecutable
                ? nil : AssetProblem("\(place) is not executable; make it executable with `chmod +x`")
        }
        let folders = (DiskPath.searchPath ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        let isFound = folders.contains { folder in
            FileMetadata("\(folder)/\(program)").map { $0.isRegular && $0.isExecutable } ?? false
        }
        guard !isFound else { return nil }
        let beside = FileMetadata(DiskPath.joined(folder, program)) != nil
        return AssetProblem(
            "there is no program '\(program)' in PATH"
                + (beside ? "; for the file beside the playbook, write './\(program)'" : ""))
    }
}

extension DeploymentFiles {
    /// A file, and a mark that changes with it.
    package struct Source: Hashable, Sendable {
        /// The path as the definition names it: `src/score.py`.
        package var path: String
        package var mark: String
    }

    /// The largest number of files that are recorded individually.
    private static let maximumSourceCount = 2000
    /// The largest size in bytes at which a file is marked by its contents.
    ///
    /// Larger files are marked by size and times; their contents are part of the digest of the whole.
    private static let largest = 1 << 20

    /// Returns every file, so that changed files can be reported later; a part that does not exist is recorded by its
    /// path alone.
    package func sources() -> [Source] {
        var sources: [Source] = []
        func add(_ path: String?, _ tree: () throws(AssetProblem) -> AssetTree?) {
            guard let path else { return }
            do throws(AssetProblem) {
                guard let tree = try tree() else { return }
                for file in tree.files {
                    sources.append(
                        Source(
                            path: tree.isFile ? path : (path.hasSuffix("/") ? path : path + "/") + file.path,
                            mark: try Self.mark(file.place, file.size, file.changed)))
                }
            } catch {
                sources.append(Source(path: path, mark: "none"))
            }
        }
        add(definition.document["code_configuration"]?["code"]?.string, code)
        add(definition.document.modelPath, model)
        if case .mapping(let members)? = definition.document["environment"], word == nil {
            add(members["conda_file"]?.string) { () throws(AssetProblem) in
                try members["conda_file"]?.string.map { path throws(AssetProblem) in try AssetTree(path, in: folder) }
            }
        }
        do throws(AssetProblem) {
            for file in try command()?.files ?? [] {
                sources.append(Source(path: file.path, mark: try Self.mark(file.place, file.size, file.changed)))
            }
        } catch {
            sources.append(Source(path: "the files of the command", mark: "none"))
        }
        return Array(sources.prefix(Self.maximumSourceCount))
    }

    private static func mark(_ place: String, _ size: Int, _ changed: String) throws(AssetProblem) -> String {
        guard size <= largest else { return "\(size) \(changed)" }
        return String(sha256(try DiskFile.contents(of: place, limit: largest)).prefix(16))
    }
}
