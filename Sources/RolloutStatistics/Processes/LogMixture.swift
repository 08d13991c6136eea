/// The mean of several e-processes, each stored as its natural logarithm.
///
/// The mean of e-processes is an e-process, so a bet can be placed on several alternatives at once, at the cost of at
/// most the logarithm of their number.
struct LogMixture: Hashable, Sendable, Codable {
    private var logs: [Double]

    init(count: Int) { logs = Array(repeating: 0, count: count) }

    init(from decoder: any Decoder) throws { logs = try decoder.singleValueContainer().decode([Double].self) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(logs)
    }

    /// Multiplies the e-process of one alternative by `exp(increment)`.
    mutating func multiply(_ alternative: Int, byExpOf increment: Double) { logs[alternative] += increment }

    /// `ln E`, by log-sum-exp.
    var logE: Double {
        let highest = logs.max() ?? 0
        let sum = logs.reduce(0) { $0 + Mathematics.exp($1 - highest) }
        return highest + Mathematics.log(sum / Double(logs.count))
    }
}
