internal import NIOCore

/// One event loop's messages that are written and not yet sent.
///
/// They are sent together when the loop has seen to everything that it found ready, or when there are enough: whoever
/// reads them then finds several at a time and does not sleep in between, and waking it is what costs most of sending.
final class Outbox {
    private let eventLoop: any EventLoop
    private var wires: [Wire] = []
    private var isSending = false
    /// Memory that messages are written in, for as many as there were in one turn.
    private var messages: [ByteBuffer] = [ByteBuffer()]
    private var used = 0

    /// More are never held back.
    private static let limit = 32
    private static let messageLimit = 64

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// A message that `write` writes; when it is sent, its memory serves another one.
    func message(_ write: (inout MessageWriter) -> Void) -> ByteBuffer {
        if used == messages.count, used < Self.messageLimit { messages.append(ByteBuffer()) }
        let index = min(used, messages.count - 1)
        used += 1
        messages[index].compose(write)
        return messages[index]
    }

    /// What was written on `wire` is sent soon.
    func add(_ wire: Wire) {
        wires.append(wire)
        if wires.count == 1 {
            eventLoop.assumeIsolated().execute { self.send() }
        } else if wires.count >= Self.limit {
            send()
        }
    }

    private func send() {
        // Sending may end a connection, and that write on others, which then stand at the end.
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
