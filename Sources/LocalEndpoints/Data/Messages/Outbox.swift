internal import NIOCore

/// Collects one event loop's messages that are written but not yet sent.
///
/// They are sent together at the end of the loop's turn, or when there are enough of them. A reader then finds several
/// messages at a time and does not sleep in between; waking it is the largest part of the cost of sending.
final class Outbox {
    private let eventLoop: any EventLoop
    private var wires: [Wire] = []
    private var isSending = false
    /// Reusable buffers, as many as there were messages in one turn.
    private var messages: [ByteBuffer] = [ByteBuffer()]
    private var used = 0

    /// The number of wires with pending messages at which they are sent immediately.
    private static let limit = 32
    private static let messageLimit = 64

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Composes a message; its buffer is reused once the message is sent.
    func message(_ write: (inout MessageWriter) -> Void) -> ByteBuffer {
        if used == messages.count, used < Self.messageLimit { messages.append(ByteBuffer()) }
        let index = min(used, messages.count - 1)
        used += 1
        messages[index].compose(write)
        return messages[index]
    }

    /// Schedules the messages written on `wire` to be sent soon.
    func add(_ wire: Wire) {
        wires.append(wire)
        if wires.count == 1 {
            eventLoop.assumeIsolated().execute { self.send() }
        } else if wires.count >= Self.limit {
            send()
        }
    }

    private func send() {
        // Sending may end a connection, which may write to other connections; those are appended to the list.
        guard !isSending else { return }
        isSending = true
        defer { isSending = false }
        var sent = 0
        while sent < wires.count {
            wires[sent].flush()
            sent += 1
        }
        wires.removeAll(keepingCapacity: true)
        used = 0
    }
}
