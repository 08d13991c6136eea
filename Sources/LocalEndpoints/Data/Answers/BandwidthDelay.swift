internal import NIOCore

/// How long an endpoint's bandwidth made a request and its answer wait.
struct BandwidthDelay {
    var request = TimeAmount.zero
    var answer = TimeAmount.zero

    var isDelayed: Bool { request > .zero || answer > .zero }

    /// The trailers that tell of it (AZURE.md, Rules).
    func writeTrailers(to buffer: inout ByteBuffer) {
        if request > .zero {
            buffer.writeStaticString("ms-azureml-bandwidth-request-delay-ms: ")
            buffer.writeDecimal(Int(request.nanoseconds / 1_000_000))
            buffer.writeStaticString("\r\n")
        }
        if answer > .zero {
            buffer.writeStaticString("ms-azureml-bandwidth-response-delay-ms: ")
            buffer.writeDecimal(Int(answer.nanoseconds / 1_000_000))
            buffer.writeStaticString("\r\n")
        }
    }
}
