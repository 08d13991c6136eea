internal import NIOCore
internal import NIOHTTP1

/// What a model said of one request, before the platform makes an answer of it.
struct ModelAnswer {
    var status: Int
    var reason: String
    var headers: HTTPHeaders
    /// What of its body is held; all of it, unless the answer is passed on while it comes.
    var body: ByteBuffer
    /// What was passed on, kept for the comparison with a copy.
    var compared: ComparedBody?
    /// As the model said it in its head, where it did.
    private(set) var announcedLength: Int?
    /// It is passed on as it comes: a stream of events, or what says no length and may be one.
    private(set) var isStream = false
    /// Nobody got all of it.
    var wasCutOff = false
    /// Bytes of the body so far.
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

    /// The model has begun to answer.
    var hasBegun: Bool { status != 0 }

    var failed: Bool { status != 200 }

    /// Holds a part of the body.
    mutating func append(_ part: ByteBuffer) {
        length += part.readableBytes
        if body.readableBytes == 0 { body = part } else { body.writeImmutableBuffer(part) }
    }

    /// Counts a part that is passed on at once.
    mutating func pass(_ part: ByteBuffer) {
        length += part.readableBytes
        compared?.append(part)
    }

    /// Writes the header lines that tell of the model, and those of its own that are passed on.
    ///
    /// The scoring server may have measured its run function itself; else it is the whole time at the instance.
    func writeLines(to writer: inout MessageWriter, nanoseconds: UInt64) {
        var tellsTime = false
        var tellsFailure = false
        var connectionFields: [String] = []
        for (name, value) in headers {
            switch HeaderKind(name) {
            case .requestID, .deployment, .clientRequestID, .contentLength, .transferEncoding, .hop, .expect, .host,
                .authorization:
                continue
            case .connection:
                connectionFields += RequestFacts.fields(namedBy: value)
                continue
            case .executionTime: tellsTime = true
            case .functionFailed: tellsFailure = true
            case .contentType, .forwardedFor, .other: break
            }
            // A folded line would end a field early.
            if value.hasControlCharacter { continue }
            if !connectionFields.isEmpty, connectionFields.contains(name.lowercased()) { continue }
            writer.writeField(name, value)
        }
        if !tellsTime {
            writer.write("x-ms-run-fn-exec-ms: ")
            writer.writeMilliseconds(nanoseconds: nanoseconds)
            writer.write("\r\n")
        }
        if !tellsFailure {
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
