internal import NIOCore
internal import NIOHTTP1

/// A client's request, from its head until both it and its mirrored copy are answered.
final class IncomingRequest {
    let head: HTTPRequestHead
    let facts: RequestFacts
    let id: RequestID
    /// The routing table that ``destination`` was chosen from.
    private(set) var table: CompiledTable
    private(set) var destination: Destination
    private(set) var body = ByteBuffer()
    /// The client's IP address as text; empty if unknown.
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

    /// The model that the request goes to; `nil` if the data plane answers the request itself.
    var model: ModelDestination? {
        if case .model(let destination) = destination { destination } else { nil }
    }

    func resolve(on loop: DataLoop) throws(PlatformAnswer) {
        table = loop.table
        destination = try table.destination(of: head, facts, draw: loop.random.next())
    }

    /// Appends a part of the body; returns false for the first part, which is stored without copying.
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

    /// The answer to a client that sends invalid HTTP; `nil` if the error is not a parser error, because then the
    /// connection itself has failed.
    init?(_ error: any Error) {
        guard let error = error as? HTTPParserError else { return nil }
        switch error {
        case .headerOverflow: self = .largeHead
        case .invalidVersion: self = .wrongVersion
        default: self = .malformed("The request is not valid HTTP/1.1.")
        }
    }
}
