internal import AssetFiles

/// Finds the line in a program's output that explains why it ended or does not serve.
enum ProgramError {
    /// The error of a program that has ended, otherwise its last line; empty if there was no output.
    static func summary(of lines: [String]) -> String {
        error(in: lines) ?? lines.last { !$0.allSatisfy(\.isWhitespace) }?.trimmed ?? ""
    }

    /// The exception that ended a Python program, or how a server's worker was killed; nil if there is neither.
    ///
    /// A worker that was killed by a signal takes precedence: any exception that was printed before it was caught.
    static func error(in lines: [String]) -> String? {
        let end = workerEnd(in: lines)
        return end?.isSignal == true ? end?.words : exception(in: lines) ?? end?.words
    }

    /// How the last worker ended that was not stopped on purpose, in the words of gunicorn or uvicorn.
    private static func workerEnd(in lines: [String]) -> (words: String, isSignal: Bool)? {
        for line in lines.reversed() {
            if let child = line.firstMatch(of: /Child process \[\d+\] died/) { return (String(child.0), false) }
            guard
                let end = line.firstMatch(of: /Worker \(pid: ?(\d+)\) (?:exited with code [1-9]|was sent (SIG\w+)).*/),
                !["SIGTERM", "SIGQUIT", "SIGINT"].contains(end.2)
            else { continue }
            // The server kills a worker that times out, and logs the timeout before.
            let late = "WORKER TIMEOUT (pid:\(end.1))"
            guard !lines.contains(where: { $0.contains(late) }) else { return (late, true) }
            return (String(end.0).trimmed, end.2 != nil)
        }
        return nil
    }

    /// The last exception that was printed with a traceback; in a chain of causes, the first cause.
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
                // azureml-inference-server-http prints this for models that are not in Azure's layout, and continues.
                isPassedOver = true
            } else if isInTraceback, let first = line.first, !first.isWhitespace {
                isInTraceback = false
                // gunicorn ends with its own exceptions after the original one.
                if !isCaused, !isPassedOver, found == nil || !ends(line) { found = line.trimmed }
                (isCaused, isPassedOver) = (false, false)
            }
        }
        return found
    }

    private static func ends(_ line: String) -> Bool {
        line.hasPrefix("gunicorn.errors.HaltServer") || line.wholeMatch(of: /SystemExit: \d+/) != nil
    }

    /// Removes the bar before a line of an exception group, as in `  | ValueError: x`.
    private static func ungrouped(_ line: String) -> String {
        let text = line.drop(while: \.isWhitespace)
        guard text.hasPrefix("| ") else { return line }
        return String(text.dropFirst(2))
    }
}
