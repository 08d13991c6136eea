internal import HTTPTransport
package import Rollouts

/// Explains why a request to the API server failed, in the server's words if it gave any.
package struct KubernetesError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case notFound
        case alreadyExists
        /// The object has changed (resourceVersion, uid): read it again and retry.
        case conflict
        /// Server-side apply met fields of other managers.
        case fieldConflict([FieldConflict])
        /// Rejected by validation or a webhook, or malformed: a retry would be rejected again.
        case invalid
        case unauthorized
        /// A missing permission, or refused by a quota or an admission rule.
        case forbidden
        /// The resourceVersion or continue token is too old (410): list again.
        case expired
        /// Too many requests (429), even after all attempts.
        case tooManyRequests(retryAfter: Interval)
        /// The server failed or did not respond: a write may or may not have taken effect.
        case unavailable
        /// The request certainly did not reach the server.
        case unreachable
        /// The kubeconfig or the in-cluster configuration is invalid or incomplete.
        case configuration
        /// A file or plugin did not provide credentials.
        case credentials
        /// The response has an unexpected form or is too large.
        case malformedResponse
    }

    package var code: Code
    /// The HTTP status; `nil` without a response.
    package var status: Int?
    /// The machine-readable reason of the server's `Status`, such as `AlreadyExists`.
    package var reason: String?
    /// A sentence, in the server's words if it gave any.
    package var message: String
    /// The request, such as `apply deployments.apps houses-blue`; `nil` if the error is not of a request.
    package var request: String?
    /// The server's objections to individual fields.
    package var causes: [Cause] = []

    package struct Cause: Hashable, Sendable {
        /// A reason such as `FieldValueInvalid` or `FieldManagerConflict`.
        package var reason: String
        package var message: String
        /// A path such as `spec.template.spec.containers[0].image`.
        package var field: String
    }

    package init(
        _ code: Code, _ message: String, status: Int? = nil, reason: String? = nil, request: String? = nil,
        causes: [Cause] = []
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.reason = reason
        self.request = request
        self.causes = causes
    }

    /// Converts a missing or incomplete response.
    init(_ failure: TransportFailure, request: String? = nil) {
        let code: Code =
            switch failure.reason {
            case .certificate: .credentials
            case .tooLarge: .malformedResponse
            case .unreachable, .notConnectedInTime, .untrusted: .unreachable
            case .timedOut, .lost: .unavailable
            }
        self.init(code, failure.message, request: request)
    }

    package var description: String { request.map { "\($0): \(message)" } ?? message }

    /// Whether a starting API server may give the same response: missing permissions, or a path that is not served.
    ///
    /// The response for an object that does not exist has a `Status`; that for an unknown path is plain text.
    var mayComeFromStartup: Bool { code == .forbidden || (code == .notFound && reason == nil) }

    /// Whether a write may have taken effect although it failed.
    ///
    /// Reading the object shows that.
    package var mayHaveTakenEffect: Bool {
        switch code {
        case .unavailable, .malformedResponse: true
        default: false
        }
    }
}

/// A field that another manager has set.
package struct FieldConflict: Hashable, Sendable, CustomStringConvertible {
    /// A name such as `kubectl-edit` or `argocd-controller`.
    package var manager: String
    /// A path such as `.spec.replicas`.
    package var field: String

    package init(manager: String, field: String) {
        self.manager = manager
        self.field = field
    }

    package var description: String { "\(field) is managed by \(manager)" }
}
