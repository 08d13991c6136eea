internal import NIOCore
internal import NIOHTTP1

/// A request as it is passed on to instances: once, again after a failure, and as a copy.
extension IncomingRequest {
    enum Kind {
        case score
        /// The model server's own description of itself.
        case swagger
    }

    /// Bodies up to this length are written with the head, as one piece.
    static let joinedBytes = 16 * 1024

    /// A body that is to follow what ``write(_:to:for:)`` writes.
    var separateBody: ByteBuffer? { body.readableBytes > Self.joinedBytes ? body : nil }

    /// Writes the head for `instance`, and the body if it is short.
    ///
    /// The credential, what belongs to the client's connection and what the platform says itself are left out.
    func write(_ kind: Kind, to writer: inout MessageWriter, for instance: Instance) {
        writer.write(kind == .score ? instance.scoring : instance.swagger)
        for (name, value) in head.headers {
            switch HeaderKind(name) {
            case .authorization, .requestID, .host, .contentLength, .transferEncoding, .connection, .expect, .hop:
                continue
            case .deployment, .clientRequestID, .executionTime, .functionFailed, .other: break
            }
            if !facts.connectionFields.isEmpty, facts.connectionFields.contains(name.lowercased()) { continue }
            writer.writeField(name, value)
        }
        writer.write("x-request-id: ")
        id.write(to: &writer)
        if kind == .score {
            writer.write("\r\ncontent-length: ")
            writer.writeDecimal(body.readableBytes)
        }
        writer.write("\r\n\r\n")
        if body.readableBytes <= Self.joinedBytes { writer.write(body) }
    }
}
