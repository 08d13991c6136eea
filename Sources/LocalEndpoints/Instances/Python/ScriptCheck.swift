package import Rollouts

/// A syntax error that a Python of this machine finds in a scoring script, which is compiled but not run.
package struct ScriptCheck: Hashable, Sendable {
    /// The error, for example `SyntaxError: '(' was never closed`.
    package var message: String
    package var line: Int
    /// Why the error may not apply; set if the Python is not the one that serves the script.
    package var doubt: String?

    /// Compiles the script; nil if it has no error, or no Python is available.
    ///
    /// `conda` is the document of the conda file: null if there is none, nil if it is unknown.
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

    /// Compiles rather than only parses, to find errors such as a `return` outside a function.
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
