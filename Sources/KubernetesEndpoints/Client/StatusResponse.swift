internal import Rollouts

/// The server's `Status` object (meta/v1), which explains why a request failed.
struct StatusResponse: Hashable, Sendable {
    var code: Int?
    var reason: String?
    var message: String?
    var causes: [KubernetesError.Cause] = []
    var retryAfter: Interval?

    /// Fails if the value is not a `Status`.
    init?(_ value: Value) {
        guard value["kind"]?.string == "Status" else { return nil }
        code = value["code"]?.integer
        reason = value["reason"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        message = value["message"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        if case .list(let items)? = value["details"]?["causes"] {
            causes = items.map {
                KubernetesError.Cause(
                    reason: $0["reason"]?.string ?? "", message: $0["message"]?.string ?? "",
                    field: $0["field"]?.string ?? "")
            }
        }
        if let seconds = value["details"]?["retryAfterSeconds"]?.integer, seconds > 0, seconds < 1 << 40 {
            retryAfter = .seconds(Int64(seconds))
        }
    }
}

extension KubernetesError {
    /// The wait before the next attempt if the server does not specify one.
    static let defaultWait = Interval.seconds(1)

    /// Converts an error response; `status` is the parsed body, `nil` if it is not a `Status`.
    init(_ code: Int, _ status: StatusResponse?, retryAfter: Interval? = nil, request: String) {
        let causes = status?.causes ?? []
        let wait = retryAfter ?? status?.retryAfter ?? Self.defaultWait
        let message = status?.message ?? "the server returned HTTP status \(code) without a reason"
        self.init(
            Self.code(code, status?.reason, causes, wait: wait), message, status: code, reason: status?.reason,
            request: request, causes: causes)
    }

    private static func code(_ status: Int, _ reason: String?, _ causes: [Cause], wait: Interval) -> Code {
        let conflicts = causes.filter { $0.reason == "FieldManagerConflict" }.map(FieldConflict.init)
        return switch (status, reason) {
        case (404, _): .notFound
        case (409, "AlreadyExists"): .alreadyExists
        case (409, _): conflicts.isEmpty ? .conflict : .fieldConflict(conflicts)
        case (410, _), (_, "Expired"), (_, "Gone"): .expired
        case (401, _): .unauthorized
        case (403, _): .forbidden
        case (429, _): .tooManyRequests(retryAfter: wait)
        case (408, _), (500..., _): .unavailable
        default: .invalid
        }
    }
}

extension FieldConflict {
    /// Parses a conflict, whose manager the server names only in a sentence.
    ///
    /// The sentence is `conflict with "kubectl-edit" using apps/v1 at …`, with the name quoted in Go's notation
    /// (structured-merge-diff, `Conflict.Error`).
    init(_ cause: KubernetesError.Cause) {
        let prefix = "conflict with \""
        var manager = ""
        if cause.message.hasPrefix(prefix) {
            var isEscaped = false
            for character in cause.message.dropFirst(prefix.count) {
                if character == "\"", !isEscaped { break }
                isEscaped = character == "\\" && !isEscaped
                if !isEscaped { manager.append(character) }
            }
        }
        self.init(manager: manager.isEmpty ? "another manager" : manager, field: cause.field)
    }
}
