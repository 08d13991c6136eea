internal import FoundationEssentials
package import Rollouts

/// Why a text is no YAML that can be used, as findings with their places.
package struct YAMLTextProblem: Error, CustomStringConvertible {
    package var description: String
}

/// The value of a text in YAML, or in JSON, which is a part of it: of files that are no playbook's.
///
/// - Throws: ``YAMLTextProblem``.
package func yamlValue(of text: String) throws -> Value {
    var findings: [Finding] = []
    let root = loadYAML(SourceFile(path: "the file", data: Data(text.utf8)), findings: &findings)
    let errors = findings.filter { $0.severity == .error }
    guard errors.isEmpty else {
        throw YAMLTextProblem(
            description: errors.map { "line \($0.start.line): \($0.message)" }.joined(separator: "; "))
    }
    return root?.value ?? .null
}
