internal import PlaybookSyntax
internal import Support

extension [Finding] {
    /// `2 errors, 1 warning`, or `no findings`.
    var summary: String {
        problemCounts(errors: count { $0.severity == .error }, warnings: count { $0.severity == .warning })
            ?? "no findings"
    }
}

/// Returns `2 errors, 1 warning`, without a part that is 0; `nil` if both are.
func problemCounts(errors: Int, warnings: Int) -> String? {
    let counts = [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }.map { $0.counted($1) }
    return counts.isEmpty ? nil : counts.joined(separator: ", ")
}
