internal import FoundationEssentials
package import Rollouts

/// Why a text is not usable YAML, with line numbers.
package struct YAMLTextProblem: Error, CustomStringConvertible {
    package var description: String
}

/// Returns the value of a text in YAML or JSON that is not a playbook.
///
/// - Throws: ``YAMLTextProblem`` if the text is not valid YAML.
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
