internal import NIOCore

/// How the end of an answer's body is marked.
enum AnswerFraming {
    case length(Int)
    /// Chunked, possibly followed by trailers.
    case chunks
    /// By the end of the connection, for HTTP/1.0 clients.
    case untilClose
    /// No body: the answer to a HEAD request for which the model stated no length.
    case noBody

    func write(to writer: inout MessageWriter) {
        switch self {
        case .length(let count):
            writer.write("content-length: ")
            writer.writeDecimal(count)
            writer.write("\r\n\r\n")
        case .chunks:
            writer.write(
                """
                trailer: ms-azureml-bandwidth-request-delay-ms, ms-azureml-bandwidth-response-delay-ms\r
                transfer-encoding: chunked\r
                \r

                """)
        case .untilClose, .noBody: writer.write("\r\n")
        }
    }
}

extension MessageWriter {
    /// Writes a chunk's size line.
    mutating func writeChunkSize(_ count: Int) {
        writeText(String(count, radix: 16))
        write("\r\n")
    }
}
