internal import NIOCore
internal import RolloutEngine
internal import Rollouts

/// A request's line in the log of its deployment.
///
/// It contains neither credentials nor bodies.
struct RequestLine {
    var outcome: RequestOutcome
    var method: String
    /// The path below the endpoint, without the query, which may hold confidential data.
    var path: Substring
    /// The model's status; 0 if it did not answer.
    var modelStatus: Int
    /// The number of bytes of the answer's body.
    var bytes: Int
    var nanoseconds: Int64
    var id: RequestID
    var clientRequestID: String?
    var isCopy: Bool

    func append(to deployment: CompiledDeployment, by instance: Instance?, on loop: DataLoop) {
        guard loop.logsRequests else { return }
        let time = WallClock.now
        deployment.log?.appendRequest(at: time, instance: instance?.id, text: text)
        loop.shared.accessLog?.append(at: time, to: deployment.state, by: instance?.id, text)
    }

    /// The text of the line: `POST /score 200 41 bytes 12.345 ms request-id=…`.
    var text: String {
        String(buffer: .composed { write(to: &$0) })
    }

    private func write(to writer: inout MessageWriter) {
        if isCopy { writer.write("mirrored ") }
        writer.writeText(method)
        writer.write(" ")
        writer.writeText(String(path))
        writer.write(" ")
        writer.writeDecimal(outcome.rawValue)
        if outcome == .modelFailed {
            writer.write(" (the model answered ")
            writer.writeDecimal(modelStatus)
            writer.write(")")
        }
        writer.write(" ")
        writer.writeDecimal(bytes)
        writer.write(" bytes ")
        writer.writeMilliseconds(nanoseconds: UInt64(clamping: nanoseconds))
        writer.write(" ms request-id=")
        id.write(to: &writer)
        if let clientRequestID {
            writer.write(" client-request-id=")
            writer.writeText(clientRequestID)
        }
    }
}
