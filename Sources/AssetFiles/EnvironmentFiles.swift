package import Rollouts

/// Parses YAML in files that assets name.
package typealias YAMLReader = @Sendable (_ text: String) throws -> Value

/// An environment that a file defines, as `azure-ai-ml` registers it.
package struct EnvironmentFiles: Sendable {
    /// The name that the client gives to environments without a name.
    package static let anonymous = "CliV2AnonymousEnvironment"

    /// The version of an environment without a name.
    package let digest: String
    /// The conda file as it is sent; `nil` if there is none.
    package let conda: String?
    /// The Docker build context; `nil` if there is none.
    package let build: AssetTree?
    private let document: Value

    static let condaLimit = 1 << 20

    /// Reads an inline `environment`, or the file of `az ml environment create`, whose paths are relative to `folder`.
    ///
    /// A conda file that does not exist is an error if `needsConda` is set; otherwise it is left out.
    package init(_ document: Value, folder: String, needsConda: Bool = true, yaml: YAMLReader) throws(AssetProblem) {
        self.document = document
        conda = try Self.conda(document["conda_file"], folder, needsConda, yaml)
        var build: AssetTree?
        if let path = document["build"]?["path"]?.string, !path.isURL {
            build = try AssetTree(DiskPath.joined(folder, path))
        }
        self.build = build
        digest = try Self.digest(document, conda, build)
    }

    private static func conda(
        _ value: Value?, _ folder: String, _ isNeeded: Bool, _ yaml: YAMLReader
    ) throws(AssetProblem) -> String? {
        switch value {
        case nil, .null: return nil
        case .mapping(let members)?: return members.isEmpty ? nil : PythonYAML.text(.mapping(members))
        case .string(let path)?:
            let place = DiskPath.joined(folder, path)
            guard FileMetadata(place)?.isRegular == true else {
                guard isNeeded else { return nil }
                throw AssetProblem("there is no file \(place)", member: "environment.conda_file")
            }
            let text = String(decoding: try DiskFile.contents(of: place, limit: condaLimit), as: UTF8.self)
            do {
                let value = try yaml(text)
                // An empty file counts as no file.
                return value == .null || value == [:] || value == [] ? nil : PythonYAML.text(value)
            } catch {
                throw AssetProblem("\(place): \(error)", member: "environment.conda_file")
            }
        default: throw AssetProblem("conda_file must be a path or a mapping", member: "environment.conda_file")
        }
    }

    /// Returns the version that `azure-ai-ml` computes for an environment without a name.
    private static func digest(_ document: Value, _ conda: String?, _ build: AssetTree?) throws(AssetProblem) -> String
    {
        if let build {
            let upload = sha256(try build.hashes().object)
            guard let dockerfile = document["build"]?["dockerfile_path"]?.string else { return sha256(upload) }
            return sha256(upload.joining(sha256(dockerfile)))
        }
        var text = sha256(document["image"]?.string ?? "")
        if let inference = document["inference_config"], inference != .null {
            text = text.joining(sha256(inferenceText(inference)))
        }
        if let conda { text = text.joining(sha256(conda)) }
        if let context = document["build"]?["path"]?.string {
            text = text.joining(sha256(context + "\n" + (document["build"]?["dockerfile_path"]?.string ?? "")))
        }
        return sha256(text)
    }

    private static let routes = ["liveness", "readiness", "scoring"]

    /// Returns the routes as Python serializes the SDK's objects for them.
    private static func inferenceText(_ inference: Value) -> String {
        let type = "!!python/object:azure.ai.ml._restclient.arm_ml_service.models._models."
        var text = type + "InferenceContainerProperties\n_data:\n"
        for name in routes {
            guard let route = inference[name + "_route"] else { continue }
            let path = PythonYAML.scalar(route["path"]?.string ?? "", column: 11, indent: 8)
            text += "  \(name)Route: \(type)Route\n    _data:\n      path:\(path)\n      port: \(route.port ?? 0)\n"
        }
        return text
    }

    /// Returns the version's `properties`; `context` is the address of the uploaded build context.
    package func properties(isAnonymous: Bool, context: String? = nil) -> Value {
        var members: [String: Value] = ["isAnonymous": .bool(isAnonymous), "isArchived": false]
        members["condaFile"] = conda.map(Value.string)
        for (key, wire) in [("image", "image"), ("description", "description")] {
            if let text = document[key]?.string, !text.isEmpty { members[wire] = .string(text) }
        }
        if let system = document["os_type"]?.string {
            members["osType"] = .string(system.prefix(1).uppercased() + system.dropFirst().lowercased())
        }
        for key in ["tags", "properties"] {
            if let words = document[key]?.texts, !words.isEmpty { members[key] = .mapping(words) }
        }
        if let inference = document["inference_config"], inference != .null {
            var sent: [String: Value] = [:]
            for name in Self.routes {
                guard let route = inference[name + "_route"] else { continue }
                sent[name + "Route"] = [
                    "port": .integer(route.port ?? 0), "path": .string(route["path"]?.string ?? ""),
                ]
            }
            members["inferenceConfig"] = .mapping(sent)
        }
        if let path = document["build"]?["path"]?.string {
            var sent: [String: Value] = ["contextUri": .string(context ?? path)]
            if let dockerfile = document["build"]?["dockerfile_path"] { sent["dockerfilePath"] = dockerfile }
            members["build"] = .mapping(sent)
        }
        return .mapping(members)
    }
}

extension Value {
    /// A route's port, which may be written as text.
    fileprivate var port: Int? { self["port"]?.integer ?? self["port"]?.string.flatMap { Int($0) } }

    /// The values of a free-form mapping as text.
    package var texts: [String: Value] {
        guard case .mapping(let members) = self else { return [:] }
        return members.compactMapValues { value in
            switch value {
            case .string: value
            case .integer(let number): .string("\(number)")
            case .number(let number): .string("\(number)")
            case .bool(let flag): .string(flag ? "True" : "False")
            case .null, .list, .mapping: nil
            }
        }
    }
}

extension String {
    /// Whether the text is a URL: `https://…`, `azureml://…`.
    package var isURL: Bool {
        guard let end = firstRange(of: "://")?.lowerBound, end != startIndex else { return false }
        return self[..<end].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }

    /// The result of Python's `self.join(other)`: this text between all characters of the other.
    fileprivate func joining(_ other: String) -> String { other.map(String.init).joined(separator: self) }
}
