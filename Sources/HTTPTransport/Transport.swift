package import FoundationEssentials
package import Rollouts

/// Sends HTTP requests; tests answer them by a script.
package protocol Transport: Sendable {
    /// Returns once the head of the answer is there; its body is still to be read.
    /// - Throws: ``TransportFailure`` if there was no answer, and `CancellationError`.
    func send(_ request: HTTPRequest) async throws -> StreamedAnswer
    /// Ends the connections; the transport is not used any more.
    func close() async
}

extension Transport {
    /// Sends a request and reads the whole answer, within the request's time and at most `limit` bytes.
    package func exchange(_ request: HTTPRequest, limit: Int = 16 << 20) async throws -> WholeAnswer {
        let deadline = ContinuousClock.now + request.timeout.duration
        return try await send(request).collect(upTo: limit, by: deadline)
    }
}

/// One request, as a transport sends it.
package struct HTTPRequest: Sendable {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"

        /// Whether sending it a second time asks for nothing more.
        package var isIdempotent: Bool { self != .post && self != .patch }
    }

    package var method: Method
    package var url: String
    package var headers: [HTTPHeader]
    package var body: Data?
    /// The certificate that shows who asks, where one is needed.
    package var identity: ClientIdentity?
    /// Until the head of the answer is there.
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

    /// The first header of that name, in whatever case.
    package subscript(header: String) -> String? { headers.first(named: header) }
}

package typealias HTTPHeader = (name: String, value: String)

extension [HTTPHeader] {
    /// The first header of that name, in whatever case.
    package func first(named name: String) -> String? {
        first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// A client's certificate chain and its private key, both in PEM.
package struct ClientIdentity: Hashable, Sendable {
    package var certificates: Data
    package var key: Data

    package init(certificates: Data, key: Data) {
        self.certificates = certificates
        self.key = key
    }
}

/// An answer with its body: as it comes, or the whole of it.
package struct HTTPAnswer<Body: Sendable>: Sendable {
    package var status: Int
    package var headers: [HTTPHeader]
    package var body: Body

    package init(status: Int, headers: [HTTPHeader] = [], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, in whatever case.
    package subscript(header: String) -> String? { headers.first(named: header) }
}

package typealias StreamedAnswer = HTTPAnswer<HTTPBody>
package typealias WholeAnswer = HTTPAnswer<Data>

extension StreamedAnswer {
    /// Reads the whole body.
    /// - Throws: ``TransportFailure`` if there are more bytes than `limit`, or not all of them by `deadline`.
    package func collect(upTo limit: Int, by deadline: ContinuousClock.Instant) async throws -> WholeAnswer {
        var bytes = Data()
        for try await chunk in body {
            guard bytes.count + chunk.count <= limit else {
                throw TransportFailure(.tooLarge, "the answer has more than \(limit) bytes")
            }
            guard ContinuousClock.now < deadline else {
                throw TransportFailure(.timedOut, "the answer was not complete in time")
            }
            bytes += chunk
        }
        return WholeAnswer(status: status, headers: headers, body: bytes)
    }
}

/// The bytes of a body in the chunks in which they come; it can be read once.
package struct HTTPBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = any Error
    private let start: @Sendable () -> () async throws -> [UInt8]?

    /// Makes a body from a function that begins the reading; what it returns gives the next chunk, and nil at the end.
    ///
    /// It throws ``TransportFailure`` if the body is cut.
    package init(_ start: @escaping @Sendable () -> () async throws -> [UInt8]?) { self.start = start }

    /// A body that is there as a whole.
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
