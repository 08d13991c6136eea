internal import HTTPTransport
package import Rollouts

/// Why a request to the API server was not done, in the server's words where it said some.
package struct KubernetesError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case notFound
        case alreadyExists
        /// The object is not what it was (resourceVersion, uid): read again, then ask again.
        case conflict
        /// Server-side apply met fields that others manage.
        case fieldConflict([FieldConflict])
        /// The server's validation, a webhook or a malformed request: asking again will be refused again.
        case invalid
        case unauthorized
        /// No right to do so, or a quota or an admission rule is in the way.
        case forbidden
        /// The resourceVersion or the continue token is too old (410): list again.
        case expired
        /// Too many requests (429), still after all tries.
        case tooManyRequests(retryAfter: Interval)
        /// The server failed or did not answer: a write may or may not have been taken.
        case unavailable
        /// The request cannot have reached the server.
        case unreachable
        /// The kubeconfig or the in-cluster configuration is wrong or incomplete.
        case configuration
        /// No credential could be had: a file, or a plugin.
        case credentials
        /// The answer is not what it should be, or too large.
        case malformedAnswer
    }

    package var code: Code
    /// HTTP's; nil where there was no answer.
    package var status: Int?
    /// The machine-readable reason of the server's `Status`: `AlreadyExists`.
    package var reason: String?
    /// A sentence; the server's own where it has one.
    package var message: String
    /// What was asked: `apply deployments.apps houses-blue`; nil for what is no request.
    package var request: String?
    /// What the server found wrong, field by field.
    package var causes: [Cause] = []

    package struct Cause: Hashable, Sendable {
        /// `FieldValueInvalid`, `FieldManagerConflict` and so on.
        package var reason: String
        package var message: String
        /// `spec.template.spec.containers[0].image`.
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

    /// What it means that there was no answer, or no more of it.
    init(_ failure: TransportFailure, request: String? = nil) {
        let code: Code =
            switch failure.reason {
            case .certificate: .credentials
            case .tooLarge: .malformedAnswer
            case .unreachable, .notConnectedInTime, .untrusted: .unreachable
            case .timedOut, .lost: .unavailable
            }
        self.init(code, failure.message, request: request)
    }

    package var description: String { request.map { "\($0): \(message)" } ?? message }

    /// True for what an API server also answers while it starts: no rights, or a path that it does not serve.
    ///
    /// The answer for an object that doesn't exist has a `Status`; the one for an unknown path is plain text.
    var mayBeOfStartUp: Bool { code == .forbidden || (code == .notFound && reason == nil) }

    /// True where a write may have been taken although it failed: only a look at the object tells.
    package var mayHaveBeenTaken: Bool {
        switch code {
        case .unavailable, .malformedAnswer: true
        default: false
        }
    }
}

/// A field that another manager set.
package struct FieldConflict: Hashable, Sendable, CustomStringConvertible {
    /// `kubectl-edit`, `argocd-controller`.
    package var manager: String
    /// `.spec.replicas`.
    package var field: String

    package init(manager: String, field: String) {
        self.manager = manager
        self.field = field
    }

    package var description: String { "\(field) is managed by \(manager)" }
}
