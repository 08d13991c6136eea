internal import NIOCore

/// How a client knows where an answer's body ends.
enum AnswerFraming {
    case length(Int)
    /// In chunks, after which trailers may come.
    case chunks
    /// The connection's end: for HTTP/1.0 clients.
    case untilClose

    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .length(let count):
            buffer.writeStaticString("content-length: ")
            buffer.writeDecimal(count)
            buffer.writeStaticString("\r\n\r\n")
        case .chunks:
            buffer.writeStaticString(
                """
                trailer: ms-azureml-bandwidth-request-delay-ms, ms-azureml-bandwidth-response-delay-ms\r
                transfer-encoding: chunked\r
                \r

                """)
        case .untilClose: buffer.writeStaticString("\r\n")
        }
    }
}

extension ByteBuffer {
    /// A chunk's size line.
    mutating func writeChunkSize(_ count: Int) {
        writeString(String(count, radix: 16))
        writeStaticString("\r\n")
    }
}
