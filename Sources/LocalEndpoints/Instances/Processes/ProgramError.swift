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
        var isInTraceback = false
        for line in lines {
            if line.contains("Traceback (most recent call last):") {
                isInTraceback = true
            } else if line.contains("The above exception was the direct cause") {
                isCaused = true
            } else if isInTraceback, let first = line.first, !first.isWhitespace {
                isInTraceback = false
                // gunicorn ends by exceptions of its own, behind the one that is the reason.
                if !isCaused, found == nil || !ends(line) { found = line.trimmed }
                isCaused = false
            }
        }
        return found
    }

    private static func ends(_ line: String) -> Bool {
        ["gunicorn.errors.HaltServer", "SystemExit"].contains { line.hasPrefix($0) }
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
