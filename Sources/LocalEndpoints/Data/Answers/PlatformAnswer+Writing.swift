internal import NIOCore

extension PlatformAnswer {
    /// Writes the whole message; `deployment` is the header line of the deployment that it is about.
    func write(
        to buffer: inout ByteBuffer, id: RequestID, clientRequestID: String? = nil, deployment: String = "",
        on loop: DataLoop, connection: StaticString
    ) {
        let body = body
        buffer.writeString("HTTP/1.1 \(status) \(phrase)\r\n\(deployment)x-request-id: ")
        id.write(to: &buffer)
        buffer.writeStaticString("\r\n")
        if let clientRequestID { buffer.writeString("x-ms-client-request-id: \(clientRequestID)\r\n") }
        buffer.writeImmutableBuffer(loop.dateLine(at: .now()))
        buffer.writeString(lines)
        buffer.writeStaticString(connection)
        buffer.writeString("content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}
