internal import AssetFiles
internal import PlaybookSyntax
internal import Rollouts

/// The scoring script has no syntax error, as far as a Python on this machine can check.
///
/// If its version is not the one that serves the script, the error is only a warning.
private enum ScriptCompiles {
    static let name = String(describing: Self.self)
}

extension DeploymentDraft {
    /// Reports a syntax error in the scoring script; `conda` is `nil` if the script's environment is unknown.
    mutating func checkScript(_ conda: Value?, _ choice: PythonChoice, on machine: PythonMachine) {
        guard case .script(let script, let code, _)? = definition.ownServer, code.isLocalPath, let folder,
            let named = document["code_configuration"]?["scoring_script"],
            let problem = ScriptCheck(
                of: DiskPath.joined(DiskPath.joined(folder, code), script), conda, choice, on: machine)
        else { return }
        let file = code.hasSuffix("/") ? code + script : "\(code)/\(script)"
        report(
            ScriptCompiles.name, problem.doubt == nil ? .error : .warning, at: named.place,
            "\(file):\(problem.line): \(problem.message)", help: problem.doubt)
    }
}
