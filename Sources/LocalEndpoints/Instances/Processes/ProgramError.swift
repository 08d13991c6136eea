internal import AssetFiles

/// Finds, in what a program said, the line that says why it ended or does not serve.
enum ProgramError {
    /// Of a program that has ended: its error, else the last line; empty where nothing was said.
    static func summary(of lines: [String]) -> String {
        error(in: lines) ?? lines.last { !$0.allSatisfy(\.isWhitespace) }?.trimmed ?? ""
    }

    /// The exception that ended a Python program, or how a worker of a server was killed; nil where neither was said.
    ///
    /// No exception tells of a signal: one that was printed before has been caught.
    static func error(in lines: [String]) -> String? {
        let end = workerEnd(in: lines)
        return end?.isSignal == true ? end?.words : exception(in: lines) ?? end?.words
    }

    /// How the last worker ended that was not told to end, in the words of gunicorn or uvicorn.
    private static func workerEnd(in lines: [String]) -> (words: String, isSignal: Bool)? {
        for line in lines.reversed() {
            if let child = line.firstMatch(of: /Child process \[\d+\] died/) { return (String(child.0), false) }
            guard
                let end = line.firstMatch(of: /Worker \(pid: ?(\d+)\) (?:exited with code [1-9]|was sent (SIG\w+)).*/),
                !["SIGTERM", "SIGQUIT", "SIGINT"].contains(end.2)
            else { continue }
            // One that is late is killed by the server, which says so before.
            let late = "WORKER TIMEOUT (pid:\(end.1))"
            guard !lines.contains(where: { $0.contains(late) }) else { return (late, true) }
            return (String(end.0).trimmed, end.2 != nil)
        }
        return nil
    }

    /// The last exception that was printed with a traceback: of a chain of causes, the first cause.
    private static func exception(in lines: [String]) -> String? {
        var found: String?
        var isCaused = false
        var isPassedOver = false
        var isInTraceback = false
        for line in lines.map(ungrouped) {
            if line.contains("Traceback (most recent call last):") {
                isInTraceback = true
            } else if line.contains("The above exception was the direct cause") {
                isCaused = true
            } else if line.contains("Error while fetching model IDs") {
                // azureml-inference-server-http says so of every model that is not in Azure's layout, and goes on.
                isPassedOver = true
            } else if isInTraceback, let first = line.first, !first.isWhitespace {
                isInTraceback = false
                // gunicorn ends by exceptions of its own, behind the one that is the reason.
                if !isCaused, !isPassedOver, found == nil || !ends(line) { found = line.trimmed }
                (isCaused, isPassedOver) = (false, false)
            }
        }
        return found
    }

    private static func ends(_ line: String) -> Bool {
        line.hasPrefix("gunicorn.errors.HaltServer") || line.wholeMatch(of: /SystemExit: \d+/) != nil
    }

    /// A line of an exception group without the bars before it: `  | ValueError: x`.
    private static func ungrouped(_ line: String) -> String {
        let text = line.drop(while: \.isWhitespace)
        guard text.hasPrefix("| ") else { return line }
        return String(text.dropFirst(2))
    }
}
