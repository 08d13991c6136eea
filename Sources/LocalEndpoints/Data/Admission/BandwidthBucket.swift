/// A rate limit in bytes per second, which delays bytes beyond it.
///
/// This is the generic cell rate algorithm (ITU-T I.371): the only state is the time until which all bytes so far are
/// paid for.
struct BandwidthBucket: Sendable {
    private let nanosecondsPerByte: Double
    /// How far ahead of its payment a burst may run, in nanoseconds.
    private let tolerance: UInt64
    private var paidUntil: UInt64 = 0

    /// Creates a limit that allows a burst of one second's bytes.
    init(bytesPerSecond: Int) {
        nanosecondsPerByte = 1_000_000_000 / Double(max(bytesPerSecond, 1))
        tolerance = 1_000_000_000
    }

    /// Takes `bytes` at `now` and returns how long they have to wait, both in nanoseconds of a monotonic clock.
    mutating func take(_ bytes: Int, at now: UInt64) -> UInt64 {
        paidUntil = max(paidUntil, now) + UInt64(Double(max(bytes, 0)) * nanosecondsPerByte)
        let ahead = paidUntil - now
        return ahead > tolerance ? ahead - tolerance : 0
    }
}
