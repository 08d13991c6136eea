internal import AssetFiles
package import Rollouts

extension CondaFile {
    /// What a look at a conda file before anything is built comes to.
    package struct Check: Sendable {
        /// What cannot be had.
        package var problems: [Problem] = []
        /// What is otherwise than the file says; nil where nothing is.
        package var note: Problem?

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
                note = chosen.note.map { Problem(message: $0, entry: file.python?.text) }
            } catch {
                problems.append(error)
            }
            if !isConda { problems += file.pipProblems() }
        }
    }
}
