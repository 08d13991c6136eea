internal import AssetFiles
internal import RolloutEngine
internal import Rollouts

/// The scoring script has no syntax error, as far as a Python on this machine can check.
///
/// If its version is not the one that serves the script, the error is only a warning.
enum ScriptCompiles {
    static let name = String(describing: Self.self)
}

extension NamedFiles {
    /// Reports a syntax error in the scoring script; `conda` is `nil` if the script's environment is unknown.
    mutating func checkScript(of definition: DeploymentDefinition, in document: Document, conda: Value?) {
        guard let python, case .script(let script, let code, _)? = definition.ownServer, code.isLocalPath,
            let folder = definition.folder, let node = document.node(of: "code_configuration.scoring_script"),
            let problem = python.syntax(DiskPath.joined(DiskPath.joined(folder, code), script), conda)
        else { return }
        let file = code.hasSuffix("/") ? code + script : "\(code)/\(script)"
        findings.append(
            Finding(
                problem.severity, ScriptCompiles.name, at: location(node, in: document),
                "\(file):\(problem.line): \(problem.message)", help: problem.help))
    }
}
