internal import FoundationEssentials
internal import Rollouts

/// Reads a file of inputs: a mapping in YAML or JSON.
package func readInputs(path: String) -> (values: [String: InputText], findings: [Finding]) {
    var findings: [Finding] = []
    do throws(FileProblem) {
        let file = SourceFile(path: path, data: try DiskFile.read(path, named: path))
        guard let root = loadYAML(file, findings: &findings) else { return ([:], findings) }
        guard case .mapping(let members) = root.content else {
            let finding = Finding(
                .error, "Input", at: Location(source: file, span: root.span),
                "a file of inputs must be a mapping, not \(root.value.kindName)", help: "write NAME: VALUE on each line"
            )
            return ([:], findings + [finding])
        }
        let values = members.map { ($0.key.text, InputText.value($0.value.value)) }
        return (Dictionary(values, uniquingKeysWith: { first, _ in first }), findings)
    } catch {
        return ([:], [Finding("Input", file: path, error.message, help: error.help)])
    }
}
