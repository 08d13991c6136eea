/// When requests are to be sent: one every `1 / rate` seconds from the start on, whatever became of those before.
///
/// Times are nanoseconds of any clock that goes on evenly.
struct LoadPacer: Hashable {
    /// A burst after a pause of the whole process would be the generator's fault, not the server's.
    static let longestDelay: Int64 = 1_000_000_000
    /// A process that is this late has stood still, as one that was stopped by a signal does: it had no clients meanwhile,
    /// and the runner that took its place has some.
    static let standstill: Int64 = 10_000_000_000

    /// Later by what the process stood still.
    private var start: Int64
    /// Requests per second.
    private let rate: Double
    /// How many were due so far.
    private var count = 0

    /// `rate` must be above 0.
    init(rate: Double, start: Int64) {
        self.rate = rate
        self.start = start
    }

    /// When the next request is due: counted from the start, so that no error adds up.
    var next: Int64 { start + Int64((Double(count) / rate * 1_000_000_000).rounded(.down)) }

    struct Due: Hashable {
        /// When each of those that are to be sent now should have been sent.
        var intended: [Int64] = []
        /// How many are so late that they are left out.
        var missed = 0
    }

    /// Those that are due at `time` and were not told yet.
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
