internal import Support

extension String {
    /// Whether the string has only ASCII letters, digits and underscores and does not begin with a digit.
    ///
    /// These are the valid names of shell variables and Prometheus labels.
    package var isIdentifier: Bool {
        guard let first = utf8.first, !first.isDigit else { return false }
        return utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
    }
}
