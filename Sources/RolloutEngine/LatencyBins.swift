/// The bins in which every backend counts latencies.
///
/// Fifty a decade from 0.1 ms to 100 s, each 3 to 7 % wide, so that a shift of 10 % takes most requests into another bin.
/// Their bounds are round numbers (25, 40, 150, 750 ms): a limit that a person sets is one of them.
extension OutcomeReading {
    /// Upper bounds of the latency bins in milliseconds, ascending; a latency that is just a bound belongs below it.
    package static let latencyBounds = nanosecondBounds.map { Double($0) / 1_000_000 }

    /// The bin into which a latency falls, from 0 to the number of ``latencyBounds``.
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
        // Beyond all bounds, and less than what overflows.
        latencyBin(ofNanoseconds: UInt64(min(max(milliseconds * 1_000_000, 0).rounded(), 1e18)))
    }

    private static let nanosecondBounds: [UInt64] = {
        // From, to and by how much, in hundredths of a decade's first bound.
        let steps = [
            (100, 150, 5), (150, 300, 10), (300, 500, 20), (500, 750, 25), (750, 1000, 50),
        ]
        let decade = steps.flatMap { stride(from: $0.0, to: $0.1, by: $0.2) }
        let scales: [UInt64] = [1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]
        return scales.flatMap { scale in decade.map { UInt64($0) * scale } } + [100_000_000_000]
    }()

    /// For every number of binary digits, the bin of the least number that has so many.
    private static let octaves: [Int] = (0...UInt64.bitWidth + 1).map { digits in
        guard digits > 0 else { return 0 }
        guard digits <= UInt64.bitWidth else { return nanosecondBounds.count }
        let least: UInt64 = 1 << UInt64(digits - 1)
        return nanosecondBounds.firstIndex { $0 >= least } ?? nanosecondBounds.count
    }
}

extension OutcomeReading.Counts {
    /// The upper bound, in milliseconds, of the latency bin in which the quantile lies; nil without one.
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
