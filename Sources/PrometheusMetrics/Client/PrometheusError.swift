/// Why a query has no answer.
package struct PrometheusError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Nobody listens, or the connection broke.
        case unreachable
        case timedOut
        /// Its certificate is not that of a server that is trusted.
        case untrusted
        /// 401 or 403.
        case unauthorized
        /// `status: error`; the type is the server's word: `bad_data`, `execution`, `timeout`.
        case rejected(type: String)
        /// Another HTTP status than 2xx, and no answer in the API's form.
        case failed(status: Int)
        /// It answered 2xx, and not in the API's form.
        case malformed
        /// More than ``PrometheusServer/answerLimit`` bytes.
        case tooLarge
        /// A secret could not be read.
        case credentials
        /// The address or the authority's file is wrong.
        case configuration
    }

    package var code: Code
    /// A sentence that says what is wrong, in the server's words where it has some.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
