internal import FoundationEssentials
internal import HTTPTransport
internal import RolloutEngine
internal import Rollouts

/// The meaning of a REST API response for the request.
enum Verdict: Hashable, Sendable {
    case done
    /// The resource does not exist.
    case missing(BackendError)
    /// The resource changed since it was read (412): read it again and retry.
    case changedMeanwhile(BackendError)
    case failed(BackendError)

    /// The longest `Retry-After` that is respected.
    static let longestWait = Interval.minutes(5)
    /// The wait if the server sends no `Retry-After`.
    static let defaultWait = Interval.seconds(5)

    init(_ answer: BufferedResponse, now: Timestamp) {
        let detail = Self.detail(of: answer)
        let words = Self.words(detail, status: answer.status)
        switch answer.status {
        case 200..<300: self = .done
        case 404: self = .missing(BackendError(.refused, words))
        case 409, 429:
            let wait = answer["Retry-After"].flatMap { RetryAfter.wait($0, now: now) } ?? Self.defaultWait
            self = .failed(BackendError(.busy(retryAfter: min(max(wait, .seconds(1)), Self.longestWait)), words))
        case 412 where detail?.code?.lowercased() == "fenced": self = .failed(BackendError(.fenced, words))
        case 412: self = .changedMeanwhile(BackendError(.busy(retryAfter: .seconds(1)), words))
        case 408, 500...: self = .failed(BackendError(.unavailable, words))
        default: self = .failed(BackendError(.refused, words))
        }
    }

    /// The server's error detail; `nil` if the body is not an Azure error.
    private static func detail(of answer: BufferedResponse) -> ErrorDetail? {
        // Bodies written by a proxy in between are not meant for people.
        (try? JSONText.decode(ErrorResponse.self, from: answer.body))?.error
    }

    private static func words(_ detail: ErrorDetail?, status: Int) -> String {
        let inner = (detail?.details ?? []).compactMap(\.message).filter { $0 != detail?.message }
        let message = ([detail?.message].compactMap(\.self) + inner).joined(separator: "; ")
        let code = detail?.code.map { " (\($0))" } ?? ""
        guard !message.isEmpty else { return "the server returned HTTP status \(status)\(code)" }
        return message + code
    }
}
