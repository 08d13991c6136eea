internal import AssetFiles
package import Rollouts

extension CondaFile {
    /// What a look at a conda file before anything is built comes to.
    package struct Check: Sendable {
        /// What cannot be had.
        package var problems: [Problem] = []
        /// What is otherwise than the file says, or takes its time.
        package var notes: [Problem] = []

        /// Checks `document` (null: the deployment has no conda file); `folder` is the file's, nil if it is not known.
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

        /// Whether uv has the Python, or can bring it; where it does not say, nothing is said.
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
                    "\(entry ?? "the Python") is not on this machine; uv will download it when it builds the environment"
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
