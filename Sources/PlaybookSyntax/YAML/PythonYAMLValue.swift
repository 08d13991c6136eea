internal import AssetFiles
internal import FoundationEssentials
package import Rollouts

/// Returns the value that Python's `yaml.safe_load` reads from a text that is not a playbook.
///
/// Plain scalars are those of YAML 1.1.
///
/// - Throws: ``YAMLTextProblem`` if the text is not valid YAML.
package func pythonYAMLValue(of text: String) throws -> Value {
    var findings: [Finding] = []
    let source = SourceFile(path: "the file", data: Data(text.utf8))
    let root = loadYAML(source, findings: &findings)
    let errors = findings.filter { $0.severity == .error }
    guard errors.isEmpty else {
        throw YAMLTextProblem(
            description: errors.map { "line \($0.start.line): \($0.message)" }.joined(separator: "; "))
    }
    return root?.pythonValue ?? .null
}

extension Node {
    fileprivate var pythonValue: Value {
        switch content {
        case .scalar(let scalar): scalar.style == .plain ? PlainScalar.value(scalar.text) : .string(scalar.text)
        case .list(let items): .list(items.map(\.pythonValue))
        case .mapping(let members):
            .mapping(
                Dictionary(members.map { ($0.key.text, $0.value.pythonValue) }, uniquingKeysWith: { _, last in last }))
        case .invalid: .null
        }
    }
}
