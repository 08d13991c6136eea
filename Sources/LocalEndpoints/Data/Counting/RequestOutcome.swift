/// What became of a request that reached a deployment; raw values are HTTP status codes.
enum RequestOutcome: Int, CaseIterable, Sendable {
    case answered = 200
    /// Longer than the request's time-out.
    case timedOut = 408
    /// The model answered other than 200.
    case modelFailed = 424
    /// Too many were in flight, or it waited too long for an instance.
    case refused = 429
    /// The client went away before the answer; not counted among what clients saw.
    case abandoned = 499
    /// No instance could be reached, or the answer was cut off.
    case platformFailed = 500

    /// Position in arrays with an entry for each.
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
