internal import Subprocess
internal import SystemPackage

extension Executable {
    /// A program by its path, relative to `folder`, or where it has no slash by its name in PATH: as a shell finds it.
    static func program(_ word: String, in folder: String = ".") -> Executable {
        guard word.contains("/") else { return .name(word) }
        return .path(FilePath(word.hasPrefix("/") ? word : "\(folder)/\(word)"))
    }
}

extension Environment {
    /// These variables and no others.
    static func variables(_ variables: [String: String]) -> Environment {
        .custom(
            Dictionary(variables.map { (Key(stringLiteral: $0.key), $0.value) }, uniquingKeysWith: { _, last in last }))
    }
}
