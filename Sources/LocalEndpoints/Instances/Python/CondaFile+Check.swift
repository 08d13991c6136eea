internal import AssetFiles
package import Rollouts

extension CondaFile {
    /// The result of checking a conda file before anything is built.
    package struct Check: Sendable {
        /// Requirements that cannot be met.
        package var problems: [Problem] = []
        /// Deviations from the file, and downloads that take time.
        package var notes: [Problem] = []

        /// Checks `document`, which is null if the deployment has no conda file.
        ///
        /// `folder` is the folder of the file; nil if it is unknown.
        package init(_ document: Value, in folder: String?, _ choice: PythonChoice, on machine: PythonMachine) {
            let file: CondaFile
            do throws(Problem) {
                file = try CondaFile(document)
            } catch {
                problems = [error]
                return
            }
            problems = file.fileProblems(in: folder)
            var isConda = choice.provider?.isConda == true
            do throws(Problem) {
                let chosen = try PythonProvider.choose(for: document == .null ? nil : file, choice, on: machine)
                isConda = chosen.provider.kind.isConda
                notes += [chosen.note].compactMap(\.self).map { Problem(message: $0, entry: file.python?.text) }
                if case .uv(let program, let python?) = chosen.provider, choice.program == nil {
                    ask(uv: program, for: python, file, choice, on: machine)
                }
            } catch {
                problems.append(error)
            }
            if !isConda { problems += file.pipProblems() }
        }

        /// Asks uv whether it has the Python or can download it; reports nothing if uv does not answer.
        private mutating func ask(
            uv program: String, for python: String, _ file: CondaFile, _ choice: PythonChoice, on machine: PythonMachine
        ) {
            let question = [program, "--offline", "--no-progress", "python"]
            guard machine.answer(question + ["find", python]) == nil,
                let downloads = machine.answer(question + ["list", "--only-downloads", python])
            else { return }
            let entry = file.python?.text
            let bar = ["UV_PYTHON_DOWNLOADS": ["never", "manual"], "UV_OFFLINE": ["1", "true"]].first { name, values in
                machine.variables[name].map(values.contains) ?? false
            }
            guard downloads.allSatisfy(\.isWhitespace) || bar != nil else {
                let words =
                    "\(entry ?? "the Python") is not on this machine; uv will download it to build the environment"
                notes.append(Problem(message: words, entry: entry))
                return
            }
            let reason = bar.map { "and must not download (\($0.key)=\(machine.variables[$0.key] ?? ""))" }
            let words = "which uv does not find on this machine \(reason ?? "and cannot download")"
            if choice.acceptsAnyVersion {
                notes.append(
                    Problem(
                        message: "the conda file requires \(entry ?? "a Python"), \(words); another version is used, "
                            + "as `version: any` allows", entry: entry))
            } else {
                problems.append(
                    Problem(
                        message: "requires \(entry ?? "a Python"), \(words)",
                        help: "change the version, or accept any with `backends.local.python: {version: any}` in the "
                            + "playbook", entry: entry))
            }
        }
    }
}
