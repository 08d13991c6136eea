/// Bytes that may pass in a second: who would pass more has to wait.
///
/// The generic cell rate algorithm (ITU-T I.371): one moment is kept, that until which all bytes so far are paid for.
struct BandwidthBucket: Sendable {
    private let nanosecondsPerByte: Double
    /// How far ahead of its payment a burst may run.
    private let tolerance: UInt64
    private var paidUntil: UInt64 = 0

    /// Up to a second's bytes may pass at once.
    init(bytesPerSecond: Int) {
        nanosecondsPerByte = 1_000_000_000 / Double(max(bytesPerSecond, 1))
        tolerance = 1_000_000_000
    }

    /// Lets `bytes` pass at `now`, in nanoseconds of a clock that never goes back; answers how long they have to wait.
    mutating func take(_ bytes: Int, at now: UInt64) -> UInt64 {
        paidUntil = max(paidUntil, now) + UInt64(Double(max(bytes, 0)) * nanosecondsPerByte)
        let ahead = paidUntil - now
        return ahead > tolerance ? ahead - tolerance : 0
    }
}
