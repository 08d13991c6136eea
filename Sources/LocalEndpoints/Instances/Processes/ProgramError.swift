/// Finds, in what a program said before it ended, the line that says why.
enum ProgramError {
    /// The exception that ended a Python program, else the last line; empty where nothing was said.
    static func summary(of lines: [String]) -> String {
        exception(in: lines) ?? lines.last { !$0.allSatisfy(\.isWhitespace) }?.trimmed ?? ""
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
