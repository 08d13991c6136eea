/// Explains why a query has no answer.
package struct PrometheusError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// No process listens at the address, or the connection broke.
        case unreachable
        case timedOut
        /// The server's certificate is not trusted.
        case untrusted
        /// HTTP status 401 or 403.
        case unauthorized
        /// `status: error`; `type` is the server's `errorType`, such as `bad_data`, `execution` or `timeout`.
        case rejected(type: String)
        /// An HTTP status other than 2xx, with a body that is not in the API's form.
        case failed(status: Int)
        /// HTTP status 2xx with a body that is not in the API's form.
        case malformed
        /// The response exceeds ``PrometheusServer/responseLimit`` bytes.
        case tooLarge
        /// A secret could not be read.
        case credentials
        /// The server's address or the CA file is wrong.
        case configuration
    }

    package var code: Code
    /// A sentence that describes the problem, with the server's message if it sent one.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
