internal import PlaybookSyntax

extension [Finding] {
    /// `2 errors, 1 warning`, or `no findings`.
    var summary: String {
        let counts = [("error", Finding.Severity.error), ("warning", .warning)].compactMap { word, severity in
            let count = count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(word)\(count == 1 ? "" : "s")"
        }
        return counts.isEmpty ? "no findings" : counts.joined(separator: ", ")
    }
}
