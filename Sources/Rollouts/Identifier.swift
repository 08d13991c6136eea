internal import Support

extension String {
    /// True for letters, digits and underscores of ASCII that do not begin with a digit: what a shell takes for the name of
    /// a variable, and Prometheus for that of a label.
    package var isIdentifier: Bool {
        guard let first = utf8.first, !first.isDigit else { return false }
        return utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
    }
}
