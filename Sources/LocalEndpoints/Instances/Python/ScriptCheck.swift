package import Rollouts

/// Whether a scoring script compiles, by a Python of this machine; nothing of it is run.
package struct ScriptCheck: Hashable, Sendable {
    /// `SyntaxError: '(' was never closed`.
    package var message: String
    package var line: Int
    /// Set where another Python than the one that serves the script has said so.
    package var doubt: String?

    /// Nil where the script compiles, or no Python says.
    ///
    /// `conda` is the document of the conda file: null where there is none, nil where it is not known.
    package init?(of script: String, _ conda: Value?, _ choice: PythonChoice, on machine: PythonMachine) {
        var file: CondaFile?
        do throws(CondaFile.Problem) {
            if let conda, conda != .null { file = try CondaFile(conda) }
        } catch {
            // Reported with the conda file.
        }
        guard let (python, isSame) = PythonProvider.nearest(to: file, choice, on: machine),
            let answer = machine.answer([python.path, "-I", "-S", "-c", Self.question, script])
        else { return nil }
        let parts = answer.split(separator: "\n", maxSplits: 1)
        guard parts.count == 2, let line = Int(parts[0]) else { return nil }
        self.line = line
        message = parts[1].split(whereSeparator: \.isNewline).joined(separator: " ")
        if !isSame || conda == nil {
            doubt = "reported by Python \(python.version), but another version may serve the script"
        }
    }

    /// `compile` also finds what the parser alone does not, as a `return` outside a function.
    private static let question = """
        import sys, warnings
        warnings.simplefilter("ignore")
        try:
            with open(sys.argv[1], "rb") as file:
                compile(file.read(), sys.argv[1], "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            print(getattr(error, "lineno", None) or 1)
            print(f"{type(error).__name__}: {getattr(error, 'msg', error)}")
        """
}
