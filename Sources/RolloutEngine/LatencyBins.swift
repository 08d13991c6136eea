/// The latency bins that all backends use.
///
/// There are fifty per decade from 0.1 ms to 100 s, each 3 to 7 % wide, so that a shift of 10 % moves most requests
/// into another bin. The bounds are round numbers (25, 40, 150, 750 ms), so a limit that a person sets coincides with
/// one.
extension OutcomeReading {
    /// The upper bounds of the latency bins in milliseconds, ascending; a latency equal to a bound falls into the bin
    /// below it.
    package static let latencyBounds = nanosecondBounds.map { Double($0) / 1_000_000 }

    /// Returns the index of the bin that a latency falls into, from 0 to the number of ``latencyBounds``.
    package static func latencyBin(ofNanoseconds nanoseconds: UInt64) -> Int {
        let octave = UInt64.bitWidth - nanoseconds.leadingZeroBitCount
        var (low, high) = (octaves[octave], octaves[octave + 1])
        while low < high {
            let middle = (low + high) / 2
            if nanoseconds <= nanosecondBounds[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    package static func latencyBin(ofMilliseconds milliseconds: Double) -> Int {
        // The cap is above all bounds and below the values that overflow.
        latencyBin(ofNanoseconds: UInt64(min(max(milliseconds * 1_000_000, 0).rounded(), 1e18)))
    }

    private static let nanosecondBounds: [UInt64] = {
        // Each entry is (from, to, step), in hundredths of the decade's first bound.
        let steps = [
            (100, 150, 5), (150, 300, 10), (300, 500, 20), (500, 750, 25), (750, 1000, 50),
        ]
        let decade = steps.flatMap { stride(from: $0.0, to: $0.1, by: $0.2) }
        let scales: [UInt64] = [1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]
        return scales.flatMap { scale in decade.map { UInt64($0) * scale } } + [100_000_000_000]
    }()

    /// For each number of binary digits, the bin of the smallest number with that many digits.
    private static let octaves: [Int] = (0...UInt64.bitWidth + 1).map { digits in
        guard digits > 0 else { return 0 }
        guard digits <= UInt64.bitWidth else { return nanosecondBounds.count }
        let least: UInt64 = 1 << UInt64(digits - 1)
        return nanosecondBounds.firstIndex { $0 >= least } ?? nanosecondBounds.count
    }
}

extension OutcomeReading.Counts {
    /// Returns the upper bound, in milliseconds, of the bin that contains the quantile; `nil` if that bin has none.
    package func latencyBound(of quantile: Double) -> Double? {
        let total = latencies.reduce(0, +)
        var seen = 0
        for (count, bound) in zip(latencies, OutcomeReading.latencyBounds) {
            seen += count
            if total > 0, Double(seen) >= quantile * Double(total) { return bound }
        }
        return nil
    }
}
