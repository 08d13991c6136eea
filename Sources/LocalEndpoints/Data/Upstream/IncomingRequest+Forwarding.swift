internal import NIOCore
internal import NIOHTTP1

/// Forwards a request to instances: the first time, as a retry, or as a mirrored copy.
extension IncomingRequest {
    enum Kind {
        case score
        /// The request for the model server's own description of itself.
        case swagger
    }

    /// Bodies up to this number of bytes are sent together with the head.
    static let joinedBytes = 16 * 1024

    /// The body to be sent after the output of ``write(_:to:for:)``; `nil` if that already contains it.
    var separateBody: ByteBuffer? { body.readableBytes > Self.joinedBytes ? body : nil }

    /// Writes the head for `instance`, and the body if it is short.
    ///
    /// The credential, the fields of the client's connection and the fields that the platform sets are omitted.
    func write(_ destination: ModelDestination, to writer: inout MessageWriter, for instance: Instance) {
        if head.method == .POST, destination.path == nil, destination.query.isEmpty {
            writer.write(instance.scoring)
        } else {
            writeRequestLine(destination, to: &writer, for: instance)
        }
        var forwardedFor: [String] = []
        for (name, value) in head.headers {
            switch HeaderKind(name) {
            case .forwardedFor:
                forwardedFor.append(value.trimmingOptionalSpace)
                continue
            case .authorization, .requestID, .host, .contentLength, .transferEncoding, .connection, .expect, .hop:
                continue
            case .deployment, .clientRequestID, .contentType, .executionTime, .functionFailed, .other: break
            }
            if !facts.connectionFields.isEmpty, facts.connectionFields.contains(name.lowercased()) { continue }
            writer.writeField(name, value)
        }
        writeForwardedFor(forwardedFor, to: &writer)
        writer.write("x-request-id: ")
        id.write(to: &writer)
        if head.method == .POST || body.readableBytes > 0 || facts.contentLength != nil {
            writer.write("\r\ncontent-length: ")
            writer.writeDecimal(body.readableBytes)
        }
        writer.write("\r\n\r\n")
        if body.readableBytes <= Self.joinedBytes { writer.write(body) }
    }

    private func writeRequestLine(
        _ destination: ModelDestination, to writer: inout MessageWriter, for instance: Instance
    ) {
        writer.writeText(head.method.rawValue)
        writer.write(" ")
        writer.writeText(destination.path.map(String.init) ?? instance.scoringPath)
        writer.writeText(String(destination.query))
        writer.write(instance.host)
    }

    /// Writes the addresses of earlier proxies and the client's own address.
    private func writeForwardedFor(_ before: [String], to writer: inout MessageWriter) {
        guard !clientAddress.isEmpty || !before.isEmpty else { return }
        writer.write("x-forwarded-for: ")
        for (index, address) in before.enumerated() {
            if index > 0 { writer.write(", ") }
            writer.writeRaw(address)
        }
        if !before.isEmpty, !clientAddress.isEmpty { writer.write(", ") }
        writer.write(clientAddress)
        writer.write("\r\n")
    }
}
