/// A latency histogram with bins at most 1/32 as wide as their value, so that quantiles are off by at most 3 %.
///
/// As in HdrHistogram, the bin is given by the leading bits of the latency in microseconds.
struct LatencyHistogram: Hashable, Sendable {
    private static let subBits = 5
    /// The number of bins for latencies up to 2^36 µs (19 hours).
    private static let bins = (36 - subBits + 1) << subBits

    private var counts = [Int](repeating: 0, count: Self.bins)
    private(set) var count = 0
    /// The longest latency, in nanoseconds.
    private(set) var longest: Int64 = 0

    mutating func add(nanoseconds: Int64) {
        counts[Self.bin(of: UInt64(max(nanoseconds, 0) / 1000))] += 1
        count += 1
        longest = max(longest, nanoseconds)
    }

    mutating func add(_ other: LatencyHistogram) {
        for (bin, number) in other.counts.enumerated() where number > 0 { counts[bin] += number }
        count += other.count
        longest = max(longest, other.longest)
    }

    /// The smallest latency that a fraction `share` (0 to 1) of all latencies does not exceed, in nanoseconds.
    ///
    /// The value is rounded up to the end of its bin; it is 0 if the histogram is empty.
    func quantile(_ share: Double) -> Int64 {
        guard count > 0 else { return 0 }
        let rank = max(Int((share * Double(count)).rounded(.up)), 1)
        var seen = 0
        for (bin, number) in counts.enumerated() {
            seen += number
            guard seen >= rank else { continue }
            // The last bin has no upper bound.
            return bin == Self.bins - 1 ? longest : min(Int64(Self.end(of: bin)) * 1000, longest)
        }
        return longest
    }

    private static func bin(of microseconds: UInt64) -> Int {
        let shift = max(64 - microseconds.leadingZeroBitCount - subBits - 1, 0)
        // From 64 µs on, a bin is given by the octave and the five bits after the leading one.
        return min((shift << subBits) + Int(microseconds >> UInt64(shift)), bins - 1)
    }

    /// The exclusive upper bound of a bin, in microseconds.
    private static func end(of bin: Int) -> UInt64 {
        let shift = max((bin >> subBits) - 1, 0)
        return (UInt64(bin - (shift << subBits)) + 1) << UInt64(shift)
    }
}

/// Encodes only nonempty bins: `{"bins": {"412": 3}, "longest": 41000000}`.
extension LatencyHistogram: Codable {
    private enum CodingKeys: String, CodingKey {
        case bins, longest
    }

    init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        longest = try container.decode(Int64.self, forKey: .longest)
        for (bin, number) in try container.decode([Int: Int].self, forKey: .bins) {
            let (sum, overflow) = count.addingReportingOverflow(number)
            guard counts.indices.contains(bin), number >= 0, !overflow else {
                throw DecodingError.dataCorruptedError(
                    forKey: .bins, in: container, debugDescription: "invalid bin '\(bin)' or count \(number)")
            }
            counts[bin] = number
            count = sum
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let counted = counts.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
        try container.encode(Dictionary(uniqueKeysWithValues: counted), forKey: .bins)
        try container.encode(longest, forKey: .longest)
    }
}
