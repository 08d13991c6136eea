import Foundation
import Rollouts

/// What `azure-ai-ml` 1.35.2 made of made-up files; `record.py` wrote it.
struct Recorded: Decodable {
    /// Patterns, paths, and those of them that are excluded; no paths where a pattern is refused.
    var ignore: [IgnoreCase]
    var trees: [Tree]
    /// The files of the folder beside each tree.
    var outside: [Entry]
    var file: File
    var environments: [Environment]
    /// Text, and what Python writes of it.
    var yaml: [Text]

    struct IgnoreCase: Decodable {
        var patterns: [String]
        var paths: [String]?
        var excluded: [String]

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            patterns = try list.decode([String].self)
            paths = try list.decodeIfPresent([String].self)
            excluded = try list.decodeIfPresent([String].self) ?? []
        }
    }

    /// A file with its text, or a link.
    struct Entry: Decodable {
        var path: String
        var text: String?
        var target: String?

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            path = try list.decode(String.self)
            let value = try list.decode(Value.self)
            (text, target) = (value.string, value["to"]?.string)
        }
    }

    struct Tree: Decodable {
        var name: String
        var entries: [Entry]
        var content: String
        var object: String
        var files: [String]
    }

    struct File: Decodable {
        var content: String
        var object: String
        var name: String
    }

    struct Environment: Decodable {
        var document: Value
        var conda: String?
        var text: String?
        var version: String
        var properties: Value?
    }

    struct Text: Decodable {
        var yaml: String
        var written: String

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            yaml = try list.decode(String.self)
            written = try list.decode(String.self)
        }
    }

    static let all: Recorded = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "recorded.json")
        do {
            return try JSONDecoder().decode(Recorded.self, from: try Data(contentsOf: path))
        } catch {
            fatalError("\(path.path): \(error)")
        }
    }()
}

/// A folder that is removed at the end.
func withScratch(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "turnout-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}

func write(_ text: String, _ path: String) throws {
    let file = URL(filePath: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
}

extension Recorded.Tree {
    /// Makes the tree and its neighbour in `folder`, and returns the tree's path.
    func make(in folder: String) throws -> String {
        for entry in Recorded.all.outside { try write(entry.text ?? "", "\(folder)/outside/\(entry.path)") }
        for entry in entries {
            let path = "\(folder)/tree/\(entry.path)"
            guard let target = entry.target else {
                try write(entry.text ?? "", path)
                continue
            }
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        }
        return folder + "/tree"
    }
}
