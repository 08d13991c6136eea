internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import Support

/// The ConfigMap with a deployment's code, and the volume that gives it to Pods.
///
/// It never changes: different code is a different object, so that Pods of the old version keep theirs. A key may
/// contain
/// only letters, digits, `-`, `_` and `.`, so files in subfolders have a digest as their key.
struct CodeManifest: Hashable, Sendable {
    var name: String
    /// The scoring script's path relative to the folder.
    var script: String
    var digest: String
    private var files: [CodeFolder.File]
    private var paths: [String]
    /// Whether the object already exists, so that the folder is not needed.
    var isThere: Bool

    private static let pathsKey = "turnout.dev/paths"

    static let volume = "code"

    init(_ folder: CodeFolder, script: String, of deployment: Name, in endpoint: Name) {
        digest = folder.digest
        name = ObjectNames.code(of: deployment, in: endpoint, digest: digest)
        self.script = script
        files = folder.files
        paths = files.map(\.path)
        isThere = false
    }

    /// Reads an existing object; fails if its contents do not match its description.
    init?(_ map: KubernetesObject, digest: String, script: String) {
        let present = ["data", "binaryData"].flatMap { map[$0]?.members?.keys.map(\.self) ?? [] }
        guard map.isManagedByTurnout,
            case .list(let items)? = map.annotations[Self.pathsKey].flatMap({ try? JSONReader.value($0.utf8) })
        else { return nil }
        paths = items.compactMap(\.string)
        guard Set(paths.map(Self.key)) == Set(present) else { return nil }
        name = map.name
        self.digest = digest
        self.script = script
        files = []
        isThere = true
    }

    var volume: Value {
        let items: [Value] = paths.map { ["key": .string(Self.key(of: $0)), "path": .string($0)] }
        return ["name": .string(Self.volume), "configMap": ["name": .string(name), "items": .list(items)]]
    }

    func configMap(of deployment: Name, in endpoint: Name, namespace: String, by author: Author) -> KubernetesObject {
        var texts: [String: Value] = [:]
        var others: [String: Value] = [:]
        for file in files {
            let key = Self.key(of: file.path)
            if let text = String(validating: file.content, as: UTF8.self) {
                texts[key] = .string(text)
            } else {
                others[key] = .string(Data(file.content).base64EncodedString())
            }
        }
        var members: [String: Value] = ["immutable": true]
        if !texts.isEmpty { members["data"] = .mapping(texts) }
        if !others.isEmpty { members["binaryData"] = .mapping(others) }
        var annotations = author.annotations
        annotations[Self.pathsKey] = JSONWriter.text(.list(paths.map(Value.string)))
        return KubernetesObject(
            .configMaps, name: name, namespace: namespace, labels: Mark.labels(of: deployment, in: endpoint),
            annotations: annotations, members)
    }

    private static func key(of path: String) -> String {
        let isKey = path.utf8.allSatisfy {
            $0.isDigit || $0.isLetter || "-_.".utf8.contains($0)
        }
        guard isKey, path.utf8.count <= 253, path != ".", path != ".." else {
            return "file-" + hexadecimalDigest(of: Data(path.utf8)).prefix(16)
        }
        return path
    }
}
