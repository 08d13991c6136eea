package import FoundationEssentials
package import Rollouts

/// Sends HTTP requests.
///
/// Tests use scripted implementations.
package protocol Transport: Sendable {
    /// Returns when the head of the response has arrived; its body is still to be read.
    ///
    /// - Throws: ``TransportFailure`` if there was no response, and `CancellationError`.
    func send(_ request: HTTPRequest) async throws -> StreamedResponse
    /// Closes the connections.
    ///
    /// The transport must not be used afterwards.
    func close() async
}

extension Transport {
    /// Sends a request and reads the whole response, which must arrive within the request's timeout and fit in `limit`
    /// bytes.
    package func exchange(_ request: HTTPRequest, limit: Int = 16 << 20) async throws -> BufferedResponse {
        let deadline = ContinuousClock.now + request.timeout.duration
        return try await send(request).collect(upTo: limit, by: deadline)
    }
}

/// One HTTP request.
package struct HTTPRequest: Sendable {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"

        /// Whether repeating the request has no additional effect.
        package var isIdempotent: Bool { self != .post && self != .patch }
    }

    package var method: Method
    package var url: String
    package var headers: [HTTPHeader]
    package var body: Data?
    /// The client certificate to authenticate with; `nil` if the server requires none.
    package var identity: ClientIdentity?
    /// The longest time until the head of the response arrives.
    package var timeout: Interval

    package init(
        _ method: Method, _ url: String, headers: [HTTPHeader] = [], body: Data? = nil,
        identity: ClientIdentity? = nil, timeout: Interval = .seconds(60)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.identity = identity
        self.timeout = timeout
    }

    /// The first header with this name, compared without case.
    package subscript(header: String) -> String? { headers.first(named: header) }
}

package typealias HTTPHeader = (name: String, value: String)

extension [HTTPHeader] {
    /// The first header with this name, compared without case.
    package func first(named name: String) -> String? {
        first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// A client's certificate chain and private key, both in PEM.
package struct ClientIdentity: Hashable, Sendable {
    package var certificates: Data
    package var key: Data

    package init(certificates: Data, key: Data) {
        self.certificates = certificates
        self.key = key
    }
}

/// A response whose body is either streamed or complete.
package struct HTTPAnswer<Body: Sendable>: Sendable {
    package var status: Int
    package var headers: [HTTPHeader]
    package var body: Body

    package init(status: Int, headers: [HTTPHeader] = [], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header with this name, compared without case.
    package subscript(header: String) -> String? { headers.first(named: header) }
}

package typealias StreamedResponse = HTTPAnswer<HTTPBody>
package typealias BufferedResponse = HTTPAnswer<Data>

extension StreamedResponse {
    /// Reads the whole body.
    ///
    /// - Throws: ``TransportFailure`` if the body exceeds `limit` bytes or is not complete by `deadline`.
    package func collect(upTo limit: Int, by deadline: ContinuousClock.Instant) async throws -> BufferedResponse {
        var bytes = Data()
        for try await chunk in body {
            guard bytes.count + chunk.count <= limit else {
                throw TransportFailure(.tooLarge, "the response has more than \(limit) bytes")
            }
            guard ContinuousClock.now < deadline else {
                throw TransportFailure(.timedOut, "the response was not complete in time")
            }
            bytes += chunk
        }
        return BufferedResponse(status: status, headers: headers, body: bytes)
    }
}

/// The bytes of a body, in chunks as they arrive.
///
/// It can be iterated once.
package struct HTTPBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = any Error
    private let start: @Sendable () -> () async throws -> [UInt8]?

    /// Makes a body from a function that starts reading and returns a function for the next chunk, `nil` at the end.
    ///
    /// The returned function throws ``TransportFailure`` if the body is cut off.
    package init(_ start: @escaping @Sendable () -> () async throws -> [UInt8]?) { self.start = start }

    /// Makes a body whose chunks are already in memory.
    package init(_ chunks: [[UInt8]]) {
        self.init {
            var rest = chunks.makeIterator()
            return { rest.next() }
        }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        let read: () async throws -> [UInt8]?
        package mutating func next() async throws -> [UInt8]? { try await read() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(read: start()) }
}
