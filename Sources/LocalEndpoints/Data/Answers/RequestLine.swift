internal import NIOCore
internal import RolloutEngine
internal import Rollouts

/// A line of a deployment's log for one request.
///
/// It has no credential and no body.
struct RequestLine {
    var outcome: RequestOutcome
    /// What the model answered; 0 where it didn't.
    var modelStatus: Int
    /// Of the answer's body.
    var bytes: Int
    var nanoseconds: Int64
    var id: RequestID
    var clientRequestID: String?
    var isCopy: Bool

    func append(to deployment: CompiledDeployment, by instance: Instance?, on loop: DataLoop) {
        guard loop.logsRequests, let log = deployment.log else { return }
        log.append(LogLine(at: WallClock.now, instance: instance?.id, text: text))
    }

    /// The line itself: `POST /score 200 41 bytes 12.345 ms request-id=…`.
    var text: String {
        var buffer = ByteBuffer()
        buffer.writeStaticString(isCopy ? "mirrored POST /score " : "POST /score ")
        buffer.writeDecimal(outcome.rawValue)
        if outcome == .modelFailed {
            buffer.writeStaticString(" (the model answered ")
            buffer.writeDecimal(modelStatus)
            buffer.writeStaticString(")")
        }
        buffer.writeStaticString(" ")
        buffer.writeDecimal(bytes)
        buffer.writeStaticString(" bytes ")
        buffer.writeMilliseconds(nanoseconds: UInt64(clamping: nanoseconds))
        buffer.writeStaticString(" ms request-id=")
        id.write(to: &buffer)
        if let clientRequestID {
            buffer.writeStaticString(" client-request-id=")
            buffer.writeString(clientRequestID)
        }
        return String(buffer: buffer)
    }
}
