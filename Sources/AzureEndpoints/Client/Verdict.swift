internal import FoundationEssentials
internal import HTTPTransport
internal import RolloutEngine
internal import Rollouts

/// What an answer of the REST API means for the request.
enum Verdict: Hashable, Sendable {
    case done
    /// There is no such resource.
    case missing(BackendError)
    /// It is not what it was when it was read (412): read again, then ask again.
    case changedMeanwhile(BackendError)
    case failed(BackendError)

    /// The longest time that a server is let make its clients wait, and the time when it says none.
    static let longestWait = Interval.minutes(5)
    static let usualWait = Interval.seconds(5)

    init(_ answer: WholeAnswer, now: Timestamp) {
        let detail = Self.detail(of: answer)
        let words = Self.words(detail, status: answer.status)
        switch answer.status {
        case 200..<300: self = .done
        case 404: self = .missing(BackendError(.refused, words))
        case 409, 429:
            let wait = answer["Retry-After"].flatMap { RetryAfter.wait($0, now: now) } ?? Self.usualWait
            self = .failed(BackendError(.busy(retryAfter: min(max(wait, .seconds(1)), Self.longestWait)), words))
        case 412 where detail?.code?.lowercased() == "fenced": self = .failed(BackendError(.fenced, words))
        case 412: self = .changedMeanwhile(BackendError(.busy(retryAfter: .seconds(1)), words))
        case 408, 500...: self = .failed(BackendError(.unavailable, words))
        default: self = .failed(BackendError(.refused, words))
        }
    }

    /// The server's own code and sentence; a body that is no error of Azure says nothing.
    private static func detail(of answer: WholeAnswer) -> ErrorDetail? {
        // What a proxy writes in between is not for people.
        (try? JSONText.decode(ErrorAnswer.self, from: answer.body))?.error
    }

    private static func words(_ detail: ErrorDetail?, status: Int) -> String {
        let inner = (detail?.details ?? []).compactMap(\.message).filter { $0 != detail?.message }
        let message = ([detail?.message].compactMap(\.self) + inner).joined(separator: "; ")
        let code = detail?.code.map { " (\($0))" } ?? ""
        guard !message.isEmpty else { return "the server answered \(status)\(code)" }
        return message + code
    }
}
