internal import NIOCore
internal import NIOHTTP1

/// A model's answer to one request, before the platform turns it into an answer to the client.
struct ModelAnswer {
    var status: Int
    var reason: String
    var headers: HTTPHeaders
    /// The part of the body held in memory; all of it, unless the answer is forwarded as it arrives.
    var body: ByteBuffer
    /// The forwarded part of the body, kept for the comparison with a mirrored copy.
    var compared: ComparedBody?
    /// The body's length according to the head; `nil` if the head does not state it.
    private(set) var announcedLength: Int?
    /// Whether the answer is forwarded as it arrives: it is an event stream, or has no length and may be one.
    private(set) var isStream = false
    /// Whether the answer was not delivered completely.
    var wasCutOff = false
    /// The number of body bytes so far.
    private(set) var length: Int

    init(status: Int, reason: String, headers: HTTPHeaders, body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        length = body.readableBytes
    }

    init(_ head: HTTPResponseHead) {
        let status = Int(head.status.code)
        self.init(status: status, reason: status == 200 ? "OK" : head.status.reasonPhrase, headers: head.headers)
        for (name, value) in head.headers {
            switch HeaderKind(name) {
            case .contentLength: announcedLength = Int(value.trimmingOptionalSpace)
            case .contentType: isStream = value.namesEventStream
            default: break
            }
        }
        if announcedLength == nil { isStream = true }
    }

    init(_ simulated: SimulatedAnswer) {
        self.init(
            status: simulated.status, reason: simulated.status == 200 ? "OK" : "Internal Server Error",
            headers: Self.jsonHeaders, body: ByteBuffer(string: simulated.body))
    }

    private static let jsonHeaders: HTTPHeaders = ["content-type": "application/json"]

    /// Whether the model has begun to answer.
    var hasBegun: Bool { status != 0 }

    var failed: Bool { status != 200 }

    /// Appends a part of the body.
    mutating func append(_ part: ByteBuffer) {
        length += part.readableBytes
        if body.readableBytes == 0 { body = part } else { body.writeImmutableBuffer(part) }
    }

    /// Counts a part that is forwarded immediately.
    mutating func pass(_ part: ByteBuffer) {
        length += part.readableBytes
        compared?.append(part)
    }

    /// Writes the platform's header lines about the model, and the model's own header lines that are forwarded.
    ///
    /// The scoring server may have measured the time of its run function itself; otherwise it is the total time at the
    /// instance.
    func writeLines(to writer: inout MessageWriter, nanoseconds: UInt64) {
        var hasTime = false
        var hasFailure = false
        var connectionFields: [String] = []
        for (name, value) in headers {
            switch HeaderKind(name) {
            case .requestID, .deployment, .clientRequestID, .contentLength, .transferEncoding, .hop, .expect, .host,
                .authorization:
                continue
            case .connection:
                connectionFields += RequestFacts.fields(namedBy: value)
                continue
            case .executionTime: hasTime = true
            case .functionFailed: hasFailure = true
            case .contentType, .forwardedFor, .other: break
            }
            // Drop folded lines: they would end a field early.
            if value.hasControlCharacter { continue }
            if !connectionFields.isEmpty, connectionFields.contains(name.lowercased()) { continue }
            writer.writeField(name, value)
        }
        if !hasTime {
            writer.write("x-ms-run-fn-exec-ms: ")
            writer.writeMilliseconds(nanoseconds: nanoseconds)
            writer.write("\r\n")
        }
        if !hasFailure {
            writer.write(failed ? "x-ms-run-function-failed: True\r\n" : "x-ms-run-function-failed: False\r\n")
        }
        guard failed else { return }
        writer.write("ms-azureml-model-error-statuscode: ")
        writer.writeDecimal(status)
        writer.write("\r\nms-azureml-model-error-reason: ")
        writer.writeText(reason.isEmpty || reason.hasControlCharacter ? "model_error" : reason)
        writer.write("\r\n")
    }
}
