/// The compact form of bin counts: the index of the first nonzero bin, a colon, and the counts up to the last nonzero
/// bin, as in `130:4 7 9`.
///
/// Most of some three hundred bins are 0, and a string is encoded ten times as fast as a list.
package enum CompactCounts {
    /// The compact form; `nil` if all counts are 0.
    package static func text(of counts: [Int]) -> String? {
        guard let first = counts.firstIndex(where: { $0 != 0 }), let last = counts.lastIndex(where: { $0 != 0 }) else {
            return nil
        }
        var text = "\(first):"
        text.reserveCapacity(8 * (last - first + 1))
        for bin in first...last {
            if bin > first { text.append(" ") }
            text.append(String(counts[bin]))
        }
        return text
    }

    /// Parses counts for the given number of bins; returns `nil` if `text` is not in this form.
    package static func counts(of text: String, bins: Int) -> [Int]? {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let counts = parts.last?.split(separator: UInt8(ascii: " ")).map { Int(Substring($0)) } ?? []
        guard parts.count == 2, let first = Int(Substring(parts[0])), first >= 0, first <= bins - counts.count,
            !counts.contains(nil)
        else { return nil }
        var all = Array(repeating: 0, count: bins)
        all.replaceSubrange(first..<first + counts.count, with: counts.compactMap { $0 })
        return all
    }

    /// The maximum number of bins, more than any histogram has.
    static let mostBins = 1 << 16
}

/// The compact form of bin bounds: runs of equal steps in nanoseconds, as in `100000+5000*10 150000+10000*15`.
///
/// The bounds never change, and as a list they would make up a fifth of all evidence.
enum CompactBounds {
    /// The compact form of bounds in milliseconds.
    ///
    /// - Returns: `nil` if the bounds are not ascending from above 0, or one is not a whole number of nanoseconds.
    static func text(of bounds: [Double]) -> String? {
        var nanoseconds: [Int] = []
        nanoseconds.reserveCapacity(bounds.count)
        for bound in bounds {
            guard let whole = Int(exactly: (bound * 1e6).rounded()), Double(whole) / 1e6 == bound,
                whole > nanoseconds.last ?? 0
            else { return nil }
            nanoseconds.append(whole)
        }
        var text = ""
        var start = 0
        while start < nanoseconds.count {
            var end = start + 1
            let step = end < nanoseconds.count ? nanoseconds[end] - nanoseconds[start] : 0
            while end < nanoseconds.count, nanoseconds[end] - nanoseconds[end - 1] == step { end += 1 }
            if start > 0 { text += " " }
            text += "\(nanoseconds[start])"
            if end > start + 1 { text += "+\(step)*\(end - start - 1)" }
            start = end
        }
        return text
    }

    /// Parses bounds; returns `nil` if `text` is not in this form.
    static func bounds(of text: String) -> [Double]? {
        var bounds: [Double] = []
        for run in text.split(separator: " ") {
            let numbers = run.split(whereSeparator: { $0 == "+" || $0 == "*" }).map { Int($0) }
            guard let first = numbers.first, var bound = first, numbers.count == 1 || numbers.count == 3 else {
                return nil
            }
            bounds.append(Double(bound) / 1e6)
            guard numbers.count == 3 else { continue }
            guard let step = numbers[1], let count = numbers[2], step > 0, count > 0,
                count < CompactCounts.mostBins - bounds.count
            else { return nil }
            for _ in 0..<count {
                let (next, overflow) = bound.addingReportingOverflow(step)
                guard !overflow else { return nil }
                bound = next
                bounds.append(Double(bound) / 1e6)
            }
        }
        return bounds
    }
}
