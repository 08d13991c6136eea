internal import AssetFiles
package import Rollouts

/// The conda file of a deployment's environment.
package struct CondaDocument: Hashable, Sendable {
    package var text: String
    /// The parsed ``text``.
    package var value: Value

    package init(text: String, value: Value) {
        self.text = text
        self.value = value
    }
}

/// The requirements in a conda file.
package struct CondaFile: Hashable {
    package struct Problem: Error, Hashable {
        /// The problem, as the predicate of a sentence about "the conda file".
        package var message: String
        /// What to do about the problem; nil if the message says so.
        package var help: String?
        /// The entry that causes the problem, as written; nil for the whole file.
        package var entry: String?
    }

    private(set) var channels: [String] = []
    /// The entry for Python, such as `python=3.10`; nil if any Python is accepted.
    private(set) var python: CondaPackage?
    /// Conda packages other than `python` and `pip`.
    private(set) var packages: [CondaPackage] = []
    private(set) var namesPip = false
    /// The entries of `pip:`, each a line of a requirements file.
    private(set) var pip: [String] = []

    /// Creates a file without requirements.
    init() {}

    init(_ document: Value) throws(Problem) {
        switch document {
        case .null: return
        case .mapping: break
        default: throw Problem(message: "is not a mapping with a list 'dependencies'")
        }
        channels = try Self.list(document["channels"], "channels").compactMap(\.string)
        for dependency in try Self.list(document["dependencies"], "dependencies") {
            switch dependency {
            case .string(let text): add(CondaPackage(text))
            case .mapping(let members):
                guard members.count == 1, let list = members["pip"] else {
                    let keys = members.keys.sorted().joined(separator: ", ")
                    throw Problem(
                        message: "has the mapping '\(keys)' among its dependencies", help: "use a package or 'pip:'",
                        entry: members.keys.sorted().first)
                }
                pip += try Self.list(list, "pip").map { (value) throws(Problem) in
                    guard let text = value.string else { throw Self.notText("pip") }
                    return text.trimmed
                }
            default: throw Self.notText("dependencies")
            }
        }
    }

    private mutating func add(_ package: CondaPackage) {
        switch package.name {
        case "python": python = package
        case "pip": namesPip = true
        default: packages.append(package)
        }
    }

    private static func list(_ value: Value?, _ key: String) throws(Problem) -> [Value] {
        switch value {
        case nil, .null?: return []
        case .list(let items)?: return items
        default: throw Problem(message: "has '\(key)', which is not a list", entry: key)
        }
    }

    private static func notText(_ key: String) -> Problem {
        Problem(message: "has an entry in '\(key)' that is not a string", help: "quote it", entry: key)
    }

    /// The accepted versions of Python, whatever their build; nil if any version is accepted.
    func pythonVersions() throws(Problem) -> CondaVersions? {
        guard let python else { return nil }
        guard let versions = python.versions, versions.isNumeric else {
            throw Problem(
                message: "has '\(python.text)', which is not a valid version", help: "write it as python=3.10",
                entry: python.text)
        }
        return versions.isAny ? nil : versions
    }
}
