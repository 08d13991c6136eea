package import NIOCore
internal import NIOHTTP1

/// What clients and model servers may take of the data plane: bytes, counts, times.
package struct DataPlaneLimits: Sendable {
    /// The largest body of a request, as Azure's own limit for online endpoints; it is held in memory while it comes.
    package var bodyBytes = 10 * 1024 * 1024
    /// All bodies that are held at one time, by each event loop; beyond it new ones get 429.
    package var heldBytes = 256 * 1024 * 1024
    /// All header fields of a message together.
    package var headBytes = 32 * 1024
    package var headerFields = 128
    /// An answer that is longer is passed on while it comes, and no longer held for its end.
    package var heldAnswerBytes = 256 * 1024
    /// An answer that is no stream is passed on as it comes from this time after its head on.
    package var holding = TimeAmount.milliseconds(50)
    /// After the data plane's start, requests wait this long for the first instance of their deployment.
    package var firstInstance = TimeAmount.seconds(10)
    /// Connections of clients, on each event loop; further ones are closed at once.
    package var connections = 16_384
    /// Until a request's head is complete: from the connection's beginning, or from the last answer.
    package var idle = TimeAmount.seconds(75)
    /// A body may take this long, and a second more for every ``bodyRate`` bytes.
    package var bodyGrace = TimeAmount.seconds(10)
    /// Bytes per second.
    package var bodyRate = 4096
    /// How long a client that does not read its answer is waited for.
    package var stall = TimeAmount.seconds(30)
    /// How long what a refused client still sends is read and dropped, so that it gets to read why.
    package var linger = TimeAmount.seconds(2)
    /// Until a model server takes a connection.
    package var connect = TimeAmount.seconds(2)
    /// How long an instance that could not be reached is left out where there are others.
    package var suspension = TimeAmount.seconds(1)
    /// Unused connections to model servers end after this time.
    package var upstreamIdle = TimeAmount.seconds(20)
    /// Unused connections to one instance, on each event loop: fewer than there are clients at once are closed and opened
    /// again for every other request, which costs twice as much.
    package var upstreamIdleConnections = 2048
    /// Copies under way to one shadow, on each event loop; further ones are dropped.
    package var copies = 256
    /// An answer of a shadow that is longer is compared by its digest.
    package var comparedBytes = 256 * 1024

    package init() {}

    /// For NIO's parsers.
    var parsing: NIOHTTPDecoderLimitConfiguration {
        var parsing = NIOHTTPDecoderLimitConfiguration()
        parsing.maxHeaderListSize = headBytes
        parsing.maxHeaderFieldSize = headBytes
        parsing.maxHeaderFieldCount = headerFields
        return parsing
    }
}
