internal import NIOCore

extension PlatformAnswer {
    /// Writes the whole message; `deployment` is the header line of the deployment that it is about.
    func write(
        to writer: inout MessageWriter, id: RequestID, clientRequestID: String? = nil, deployment: String = "",
        on loop: DataLoop, connection: StaticString
    ) {
        let body = body
        writer.writeText("HTTP/1.1 \(status) \(phrase)\r\n\(deployment)x-request-id: ")
        id.write(to: &writer)
        writer.write("\r\n")
        if let clientRequestID { writer.writeText("x-ms-client-request-id: \(clientRequestID)\r\n") }
        writer.write(loop.dateLine(at: .now()))
        writer.writeText(lines)
        writer.write(connection)
        writer.writeText("content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}
