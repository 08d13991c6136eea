package import FoundationEssentials
package import Rollouts

/// One request over HTTP, as a transport sends it.
package struct HTTPExchange: Sendable {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"

        /// True where sending it a second time asks for nothing more.
        var isIdempotent: Bool { self != .post }
    }

    package var method: Method
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: Data?
    /// For the whole exchange.
    package var timeout: Interval
    /// Bytes of the answer's body; more is an error.
    package var limit: Int

    package init(
        _ method: Method, _ url: String, headers: [(name: String, value: String)] = [], body: Data? = nil,
        timeout: Interval = .seconds(60), limit: Int = 16 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.limit = limit
    }
}

/// What came back.
package struct HTTPAnswer: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: Data

    package init(status: Int, headers: [(name: String, value: String)] = [], body: Data = Data()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, in whatever case.
    package subscript(header: String) -> String? {
        headers.first { $0.name.lowercased() == header.lowercased() }?.value
    }
}

/// Sends requests; tests answer by themselves.
package protocol HTTPTransport: Sendable {
    /// - Throws: ``TransportFailure`` where there was no answer, and `CancellationError`.
    func send(_ exchange: HTTPExchange) async throws -> HTTPAnswer
    /// Ends its connections; it is not used any more.
    func close() async
}

/// Why there was no answer, in a sentence.
package struct TransportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    /// True where the request cannot have reached the server.
    package var wasNotSent: Bool

    package init(_ message: String, wasNotSent: Bool) {
        self.message = message
        self.wasNotSent = wasNotSent
    }

    package var description: String { message }
}
