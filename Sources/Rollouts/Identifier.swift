extension String {
    /// True for letters, digits and underscores of ASCII that do not begin with a digit: what a shell takes for the name of
    /// a variable, and Prometheus for that of a label.
    package var isIdentifier: Bool {
        guard let first = utf8.first, !(48...57).contains(first) else { return false }
        return utf8.allSatisfy {
            (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 95
        }
    }
}
