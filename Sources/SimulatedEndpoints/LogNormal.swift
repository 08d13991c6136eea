#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#endif
internal import RolloutEngine
package import Rollouts

/// Log-normal latencies in milliseconds, defined by their median and 99th percentile.
package struct LogNormal: Hashable, Sendable {
    private let mean: Double
    private let deviation: Double

    /// The 99 % quantile of the standard normal distribution.
    private static let quantile99 = 2.326347874040841

    /// Creates a distribution whose latencies are all multiplied by `stretch`.
    package init(p50: Interval, p99: Interval, stretch: Double = 1) {
        let median = log(max(p50.seconds * 1000, 0.001))
        deviation = max(log(max(p99.seconds * 1000, 0.001)) - median, 0) / Self.quantile99
        mean = median + log(stretch)
    }

    /// The share of latencies that are at most `milliseconds`.
    func share(upTo milliseconds: Double) -> Double {
        guard milliseconds > 0 else { return 0 }
        let distance = log(milliseconds) - mean
        guard deviation > 0 else { return distance >= 0 ? 1 : 0 }
        return 0.5 * erfc(-distance / deviation / 2.0.squareRoot())
    }

    /// The share of latencies that are at most `limit` and not above the latency bin.
    func share(upToBin bin: Int, limit: Double) -> Double {
        guard bin < Self.logarithms.count, OutcomeReading.latencyBounds[bin] < limit else { return share(upTo: limit) }
        let distance = Self.logarithms[bin] - mean
        guard deviation > 0 else { return distance >= 0 ? 1 : 0 }
        return 0.5 * erfc(-distance / deviation / 2.0.squareRoot())
    }

    /// The bin below which there is only one latency in 10^15.
    var firstBin: Int { OutcomeReading.latencyBin(ofMilliseconds: latency(atNormal: -8)) }

    /// The logarithms of the bounds of the latency bins.
    private static let logarithms = OutcomeReading.latencyBounds.map { log($0) }

    /// The arithmetic mean.
    var average: Double { exp(mean + deviation * deviation / 2) }

    /// Returns the latency that corresponds to the value `normal` of the standard normal distribution.
    package func latency(atNormal normal: Double) -> Double { exp(mean + deviation * normal) }

    func draw(with generator: inout SeededGenerator) -> Double { latency(atNormal: generator.normal()) }
}
