internal import FoundationEssentials

extension Timestamp {
    /// Parses `2026-11-22T10:15:30Z`, with or without a fraction, and with `Z` or an offset; returns `nil` if it is
    /// invalid.
    package init?(rfc3339 text: some StringProtocol) {
        // The fraction may have nine digits, of which three are kept.
        var text = String(text)
        var milliseconds: Int64 = 0
        if let point = text.firstIndex(of: ".") {
            let digits = text[text.index(after: point)...].prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty else { return nil }
            milliseconds = Int64((digits + "000").prefix(3)) ?? 0
            text.removeSubrange(point..<digits.endIndex)
        }
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }  // not a date
        self = Timestamp(date) + .milliseconds(milliseconds)
    }
}
