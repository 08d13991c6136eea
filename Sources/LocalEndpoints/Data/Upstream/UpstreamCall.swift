internal import NIOCore
internal import NIOHTTP1

/// A request at a model server, which is notified of the progress of its answer.
protocol UpstreamCall: AnyObject {
    func receive(_ head: HTTPResponseHead)
    func receive(_ body: ByteBuffer)
    /// Everything received so far was delivered, and the answer continues.
    func receivedSoFar()
    /// The answer is complete, and its connection is free again.
    func complete(at now: NIODeadline)
    /// The request failed, and its connection is closed.
    func fail(_ failure: UpstreamFailure)
}

enum UpstreamFailure: Error {
    /// The connection could not be established; the server has seen nothing of the request.
    case unreachable
    /// The connection was closed before the answer began.
    ///
    /// The server may have closed a reused connection just when the request was sent, which says nothing about its
    /// health.
    case unanswered(reused: Bool)
    /// The answer was cut off or is not valid HTTP.
    case broken
}
