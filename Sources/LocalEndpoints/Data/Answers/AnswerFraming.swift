internal import NIOCore

/// How a client knows where an answer's body ends.
enum AnswerFraming {
    case length(Int)
    /// In chunks, after which trailers may come.
    case chunks
    /// The connection's end: for HTTP/1.0 clients.
    case untilClose
    /// There is none: the answer is one to HEAD, whose model named no length.
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
    /// A chunk's size line.
    mutating func writeChunkSize(_ count: Int) {
        writeText(String(count, radix: 16))
        write("\r\n")
    }
}
