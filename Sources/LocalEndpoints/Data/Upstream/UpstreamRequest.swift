internal import NIOCore
internal import NIOHTTP1

/// A request as it is passed on to instances: once, again after a failure, and as a copy.
struct UpstreamRequest {
    enum Kind {
        case score
        /// The model server's own description of itself.
        case swagger
    }

    var kind: Kind
    var headers: HTTPHeaders
    /// Fields of the client's own connection, in lower case.
    var connectionFields: [String]
    var id: RequestID
    var body: ByteBuffer

    /// Bodies up to this length are written with the head, as one piece.
    static let joinedBytes = 16 * 1024

    /// Writes the head for `instance`, and the body if it is short; answers a body that is to follow.
    ///
    /// The credential, what belongs to the client's connection and what the platform says itself are left out.
    func write(to buffer: inout ByteBuffer, for instance: Instance) -> ByteBuffer? {
        buffer.clear()
        buffer.writeImmutableBuffer(kind == .score ? instance.scoring : instance.swagger)
        for (name, value) in headers {
            switch HeaderKind(name) {
            case .authorization, .requestID, .host, .contentLength, .transferEncoding, .connection, .expect, .hop:
                continue
            case .deployment, .clientRequestID, .executionTime, .functionFailed, .other: break
            }
            if !connectionFields.isEmpty, connectionFields.contains(name.lowercased()) { continue }
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("x-request-id: ")
        id.write(to: &buffer)
        if kind == .score {
            buffer.writeStaticString("\r\ncontent-length: ")
            buffer.writeDecimal(body.readableBytes)
        }
        buffer.writeStaticString("\r\n\r\n")
        guard body.readableBytes > Self.joinedBytes else {
            buffer.writeImmutableBuffer(body)
            return nil
        }
        return body
    }
}
