package import NIOCore
internal import NIOHTTP1

/// Limits on the bytes, counts and times that clients and model servers may use.
package struct DataPlaneLimits: Sendable {
    /// The maximum size of a request's body in bytes, equal to Azure's limit for online endpoints; it is held in
    /// memory.
    package var bodyBytes = 10 * 1024 * 1024
    /// The maximum number of bytes of all bodies held at one time, for each event loop; beyond it, requests get 429.
    package var heldBytes = 256 * 1024 * 1024
    /// The maximum number of bytes of all header fields of a message.
    package var headBytes = 32 * 1024
    package var headerFields = 128
    /// Answers longer than this number of bytes are forwarded as they arrive instead of being held until complete.
    package var heldAnswerBytes = 256 * 1024
    /// Time after an answer's head from which on the answer is forwarded as it arrives, even if it is not a stream.
    package var holding = TimeAmount.milliseconds(50)
    /// How long after the data plane's start requests may wait for the first instance of their deployment.
    package var firstInstance = TimeAmount.seconds(10)
    /// The maximum number of client connections, for each event loop; further ones are closed immediately.
    package var connections = 16_384
    /// The timeout for a complete request head, from the connection's start or the previous answer.
    package var idle = TimeAmount.seconds(75)
    /// The time allowed for a body, plus one second for every ``bodyRate`` bytes.
    package var bodyGrace = TimeAmount.seconds(10)
    /// The minimum rate of a body, in bytes per second.
    package var bodyRate = 4096
    /// The timeout for a client that does not read its answer.
    package var stall = TimeAmount.seconds(30)
    /// How long the input of a rejected client is read and dropped, so that it gets to read the reason.
    package var linger = TimeAmount.seconds(2)
    /// The timeout for connecting to a model server.
    package var connect = TimeAmount.seconds(2)
    /// How long other instances are preferred to one that could not be reached.
    package var suspension = TimeAmount.seconds(1)
    /// The time after which unused connections to model servers are closed.
    package var upstreamIdle = TimeAmount.seconds(20)
    /// The maximum number of unused connections to one instance, for each event loop.
    ///
    /// If it is lower than the number of concurrent clients, connections are closed and reopened for every other
    /// request, which doubles the cost.
    package var upstreamIdleConnections = 2048
    /// The maximum number of copies in flight to one shadow, for each event loop; further ones are dropped.
    package var copies = 256
    /// Answers of a shadow longer than this number of bytes are compared by their digests.
    package var comparedBytes = 256 * 1024

    package init() {}

    /// The limits for NIO's parsers.
    var parsing: NIOHTTPDecoderLimitConfiguration {
        var parsing = NIOHTTPDecoderLimitConfiguration()
        parsing.maxHeaderListSize = headBytes
        parsing.maxHeaderFieldSize = headBytes
        parsing.maxHeaderFieldCount = headerFields
        return parsing
    }
}
