internal import NIOCore

extension Destination.Page {
    /// Writes the page as a complete message; the body is omitted in answers to HEAD requests.
    func write(to writer: inout MessageWriter, to client: ClientConnection) {
        let loop = client.loop
        var status = "200 OK"
        var type = "text/plain; charset=utf-8"
        let body: String
        switch self {
        case .metrics:
            type = "text/plain; version=0.0.4; charset=utf-8"
            body = loop.shared.metrics()
        case .health: body = "ok\n"
        case .readiness:
            let isReady = loop.shared.isReady && !loop.isDraining
            if !isReady { status = "503 Service Unavailable" }
            body = isReady ? "ready\n" : "not ready\n"
        }
        writer.writeText("HTTP/1.1 \(status)\r\n")
        writer.write(loop.dateLine(at: .now()))
        writer.write(client.connectionLine)
        writer.writeText("content-type: \(type)\r\ncontent-length: \(body.utf8.count)\r\n\r\n")
        if !client.answersHead { writer.writeText(body) }
    }
}
