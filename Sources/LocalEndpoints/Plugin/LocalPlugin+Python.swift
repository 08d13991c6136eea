package import PlaybookSyntax
package import Rollouts

/// Checks conda files and scoring scripts against this machine's Python while a plan is made.
extension LocalPlugin {
    private static let machine = PythonMachine.here.cachingAnswers()

    package func python(settings: Value, folder: String) -> PythonLookup? {
        do throws(SettingsProblem) {
            return Self.lookup(try LocalSettings(settings).python?.relative(to: folder), on: Self.machine)
        } catch {
            return nil  // reported with the settings
        }
    }

    static func lookup(_ choice: PythonChoice?, on machine: PythonMachine) -> PythonLookup {
        PythonLookup(
            choice: choice?.value,
            problems: { conda, folder in
                let check = CondaFile.Check(conda, in: folder, choice ?? PythonChoice(), on: machine)
                return check.problems.map {
                    PythonLookup.Problem(.error, "the conda file \($0.message)", help: $0.help, entry: $0.entry)
                }
                    + check.notes.map { PythonLookup.Problem(.warning, $0.message, help: $0.help, entry: $0.entry) }
            },
            syntax: { script, conda in
                ScriptCheck(of: script, conda, choice ?? PythonChoice(), on: machine).map {
                    PythonLookup.SyntaxProblem(
                        severity: $0.doubt == nil ? .error : .warning, line: $0.line, message: $0.message,
                        help: $0.doubt)
                }
            })
    }
}
