/// The outcome of a request that reached a deployment; raw values are HTTP status codes.
enum RequestOutcome: Int, CaseIterable, Sendable {
    case answered = 200
    /// The answer took longer than the request timeout.
    case timedOut = 408
    /// The model answered with a status other than 200.
    case modelFailed = 424
    /// Too many requests were in flight, or the request waited too long for an instance.
    case refused = 429
    /// The client disconnected before the answer; excluded from the counts of what clients saw.
    case abandoned = 499
    /// No instance could be reached, or its answer was cut off.
    case platformFailed = 500

    /// The position in arrays with one entry for each case.
    var index: Int {
        switch self {
        case .answered: 0
        case .timedOut: 1
        case .modelFailed: 2
        case .refused: 3
        case .abandoned: 4
        case .platformFailed: 5
        }
    }
}
