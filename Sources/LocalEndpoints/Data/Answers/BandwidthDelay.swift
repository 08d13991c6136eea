internal import NIOCore

/// How long an endpoint's bandwidth limit delayed a request and its answer.
struct BandwidthDelay {
    var request = TimeAmount.zero
    var answer = TimeAmount.zero

    var isDelayed: Bool { request > .zero || answer > .zero }

    /// Writes the trailers that report the delays in milliseconds (AzureCompatibility.md).
    func writeTrailers(to writer: inout MessageWriter) {
        if request > .zero {
            writer.write("ms-azureml-bandwidth-request-delay-ms: ")
            writer.writeDecimal(Int(request.nanoseconds / 1_000_000))
            writer.write("\r\n")
        }
        if answer > .zero {
            writer.write("ms-azureml-bandwidth-response-delay-ms: ")
            writer.writeDecimal(Int(answer.nanoseconds / 1_000_000))
            writer.write("\r\n")
        }
    }
}
