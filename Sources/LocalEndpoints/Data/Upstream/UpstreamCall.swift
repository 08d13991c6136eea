internal import NIOCore
internal import NIOHTTP1

/// A request that is with a model server, and hears what becomes of it.
protocol UpstreamCall: AnyObject {
    func receive(_ head: HTTPResponseHead)
    func receive(_ body: ByteBuffer)
    /// Everything that has come was received, and the answer goes on.
    func receivedSoFar()
    /// The answer is complete; its connection is free again.
    func complete(at now: NIODeadline)
    /// Nothing more comes; its connection is gone.
    func fail(_ failure: UpstreamFailure)
}

enum UpstreamFailure: Error {
    /// No connection was made: the server has seen nothing of the request.
    case unreachable
    /// The connection ended before the answer began. One that had been used before may have been closed by the
    /// server as the request was sent, which says nothing about the server.
    case unanswered(reused: Bool)
    /// The answer was cut off, or is no HTTP.
    case broken
}
