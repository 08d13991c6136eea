internal import NIOCore

extension PlatformAnswer {
    /// Writes the complete message; `deployment` is the header line of the deployment concerned.
    ///
    /// An answer to a HEAD request states the body's length but omits the body.
    func write(
        to writer: inout MessageWriter, id: RequestID, clientRequestID: String? = nil, deployment: String = "",
        to client: ClientConnection, connection: StaticString
    ) {
        let body = body
        writer.writeText("HTTP/1.1 \(status) \(phrase)\r\n\(deployment)x-request-id: ")
        id.write(to: &writer)
        writer.write("\r\n")
        if let clientRequestID { writer.writeText("x-ms-client-request-id: \(clientRequestID)\r\n") }
        writer.write(client.loop.dateLine(at: .now()))
        writer.writeText(lines)
        writer.write(connection)
        writer.writeText("content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n")
        if !client.answersHead { writer.writeText(body) }
    }
}
