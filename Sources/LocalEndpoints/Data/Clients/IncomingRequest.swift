internal import NIOCore
internal import NIOHTTP1

/// A request of a client, from its head to the end of its answer, and of its copy's.
final class IncomingRequest {
    let head: HTTPRequestHead
    let facts: RequestFacts
    let id: RequestID
    /// What ``destination`` was found by.
    private(set) var table: CompiledTable
    private(set) var destination: Destination
    private(set) var body = ByteBuffer()
    /// Where the client is, as text; empty if that is not known.
    var clientAddress: [UInt8] = []

    init(_ head: HTTPRequestHead, on loop: DataLoop) throws(PlatformAnswer) {
        self.head = head
        do {
            facts = try RequestFacts(head)
        } catch {
            throw PlatformAnswer(error)
        }
        id = loop.ids.next()
        table = loop.table
        destination = try table.destination(of: head, facts, draw: loop.random.next())
    }

    /// Nil for one that the data plane answers itself.
    var model: ModelDestination? {
        if case .model(let destination) = destination { destination } else { nil }
    }

    func resolve(on loop: DataLoop) throws(PlatformAnswer) {
        table = loop.table
        destination = try table.destination(of: head, facts, draw: loop.random.next())
    }

    /// False for the first part, which is kept as it is.
    func append(_ part: ByteBuffer) -> Bool {
        guard body.readableBytes > 0 else {
            body = part
            return false
        }
        body.writeImmutableBuffer(part)
        return true
    }
}

extension PlatformAnswer {
    init(_ malformation: RequestFacts.Malformation) {
        switch malformation {
        case .controlCharacter: self = .malformed("A header field contains a control character.")
        case .host: self = .malformed("The request must have exactly one Host header field.")
        case .contentLength: self = .malformed("The Content-Length is not a valid number.")
        case .transferCoding: self = .transferCoding
        case .framing: self = .malformed("The length of the request's body is ambiguous.")
        case .expectation: self = .expectation
        }
    }

    /// What is said to a client that sends no proper HTTP; nil where its connection is what failed.
    init?(_ error: any Error) {
        guard let error = error as? HTTPParserError else { return nil }
        switch error {
        case .headerOverflow: self = .largeHead
        case .invalidVersion: self = .wrongVersion
        default: self = .malformed("The request is not valid HTTP/1.1.")
        }
    }
}
