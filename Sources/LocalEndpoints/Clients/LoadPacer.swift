/// The schedule of requests: one every `1 / rate` seconds from the start, regardless of earlier requests.
///
/// Times are nanoseconds on any monotonic clock.
struct LoadPacer: Hashable {
    /// Requests that are later than this are dropped: a burst after the whole process was paused would be the
    /// generator's fault, not the server's.
    static let longestDelay: Int64 = 1_000_000_000
    /// A process that is this late was suspended, for example by a signal, and had no clients in the meantime; the
    /// runner that replaced it generated its own load.
    static let standstill: Int64 = 10_000_000_000

    /// The start of the schedule, moved forward by the time that the process was suspended.
    private var start: Int64
    /// Requests per second.
    private let rate: Double
    /// The number of requests that have been due so far.
    private var count = 0

    /// `rate` must be above 0.
    init(rate: Double, start: Int64) {
        self.rate = rate
        self.start = start
    }

    /// When the next request is due, computed from the start so that rounding errors do not accumulate.
    var next: Int64 { start + Int64((Double(count) / rate * 1_000_000_000).rounded(.down)) }

    struct Due: Hashable {
        /// The time at which each request that is to be sent now was due.
        var intended: [Int64] = []
        /// The number of requests that are dropped because they are too late.
        var missed = 0
    }

    /// Returns the requests that are due at `time` and were not returned before.
    mutating func due(at time: Int64) -> Due {
        var due = Due()
        if time - next > Self.standstill { start += time - next }
        let behind = Double(time - start - Self.longestDelay) / 1_000_000_000 * rate
        if behind > Double(count) {
            due.missed = Int(behind) - count
            count += due.missed
        }
        while next <= time {
            due.intended.append(next)
            count += 1
        }
        return due
    }
}
