package import FoundationEssentials
package import Rollouts

/// One request to the API server, as a transport sends it.
package struct ClusterRequest: Sendable {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    package var method: Method
    /// From the server's root on, with its query.
    package var path: String
    package var headers: [(name: String, value: String)]
    package var body: Data?
    /// Who asks, where that is shown by a certificate.
    package var identity: ClientIdentity?
    /// Until the answer's head is there.
    package var timeout: Interval

    package init(
        _ method: Method, _ path: String, headers: [(name: String, value: String)] = [], body: Data? = nil,
        identity: ClientIdentity? = nil, timeout: Interval = .seconds(30)
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.identity = identity
        self.timeout = timeout
    }

    /// The first header of that name, in whatever case.
    package subscript(header: String) -> String? {
        headers.first { $0.name.lowercased() == header.lowercased() }?.value
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

/// The head of an answer, and its body as it comes.
package struct ClusterAnswer: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: ClusterBody

    package init(status: Int, headers: [(name: String, value: String)] = [], body: ClusterBody) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, in whatever case.
    package subscript(header: String) -> String? {
        headers.first { $0.name.lowercased() == header.lowercased() }?.value
    }
}

/// The bytes of a body in the chunks in which they come; it can be read once.
package struct ClusterBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = any Error
    private let start: @Sendable () -> () async throws -> [UInt8]?

    /// - Parameter start: Begins the reading; what it returns gives the next chunk, and nil at the end. It throws
    ///   ``ClusterFailure`` where the body is cut.
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

/// Sends requests to one API server; tests answer by themselves.
package protocol ClusterTransport: Sendable {
    /// Returns with the answer's head; its body is still to be read.
    /// - Throws: ``ClusterFailure`` where there was no answer, and `CancellationError`.
    func send(_ request: ClusterRequest) async throws -> ClusterAnswer
    /// Ends its connections; it is not used any more.
    func close() async
}

/// Why there was no answer, or no more of it, in a sentence.
package struct ClusterFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    /// True where the request cannot have reached the server.
    package var wasNotSent: Bool

    package init(_ message: String, wasNotSent: Bool) {
        self.message = message
        self.wasNotSent = wasNotSent
    }

    package var description: String { message }
}
