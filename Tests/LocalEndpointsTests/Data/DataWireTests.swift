import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import LocalEndpoints

@Suite("What comes over a connection, and what goes")
struct DataWireTests {
    /// A channel that notes what the parser makes of what it is given.
    private final class Line: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart

        let channel = EmbeddedChannel()
        let wire: Wire
        private(set) var parts: [HTTPServerRequestPart] = []
        private(set) var errors: [any Error] = []

        init(limits: DataPlaneLimits = DataPlaneLimits()) throws {
            wire = .requests(within: limits, by: Outbox(eventLoop: channel.eventLoop))
            try channel.pipeline.syncOperations.addHandlers(wire, self)
            channel.pipeline.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var part = unwrapInboundIn(data)
            switch part {
            case .head(var head):
                wire.restore(&head)
                part = .head(head)
            case .end: wire.endMessage()
            case .body: break
            }
            parts.append(part)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { errors.append(error) }

        func come(_ text: some StringProtocol) throws { try channel.writeInbound(ByteBuffer(string: String(text))) }

        /// Heads and bodies one after the other, parts of one body together.
        var messages: [String] {
            parts.reduce(into: []) { messages, part in
                switch part {
                case .head(let head):
                    messages.append("\(head.method) \(head.uri) \(head.headers.map { "\($0):\($1)" }) ")
                case .body(let body): messages[messages.count - 1] += String(buffer: body)
                case .end: messages[messages.count - 1] += "."
                }
            }
        }
    }

    private static let requests =
        "POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst"
        + "POST /score?q HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nsec\r\n3\r\nond\r\n0\r\n\r\n"

    @Test("requests are the same however they are cut up", arguments: [1, 2, 3, 7, 40, 1000])
    func pieces(_ length: Int) throws {
        let line = try Line()
        var rest = Self.requests[...]
        while !rest.isEmpty {
            try line.come(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        #expect(
            line.messages == [
                #"POST /score ["Host:a", "Content-Length:5"] first."#,
                #"POST /score?q ["host:a", "transfer-encoding:chunked"] second."#,
            ])
        #expect(line.errors.isEmpty)
    }

    /// What is forwarded of a request that came in pieces of `length` bytes.
    private static func forwarded(_ bytes: [UInt8], in length: Int) throws -> ByteBuffer {
        let line = try Line()
        for start in stride(from: 0, to: bytes.count, by: length) {
            try line.channel.writeInbound(ByteBuffer(bytes: bytes[start..<min(start + length, bytes.count)]))
        }
        guard case .head(let head) = line.parts.first else { return ByteBuffer() }
        return .composed { writer in
            for (name, value) in head.headers { writer.writeField(name, value) }
        }
    }

    @Test("bytes beyond ASCII stay what they are, valid UTF-8 or not", arguments: [1, 3, 16, 1000])
    func bytes(_ length: Int) throws {
        let values: [[UInt8]] = [
            [0xE9], [0x61, 0xFF, 0x62, 0x80], Array("é😀".utf8), Array("\u{10FFE9}\u{10FF80}".utf8),
            Array("\u{FFFD}".utf8), [0xF4, 0x8F, 0xBE], [0xC3],
        ]
        for value in values {
            let head = Array("GET /a HTTP/1.1\r\nhost: a\r\nx-mine: ".utf8) + value
            let rest = Array(" \r\nx-other: b\r\n\r\n".utf8)
            let expected = Array("host: a\r\nx-mine: ".utf8) + value + Array("\r\nx-other: b\r\n".utf8)
            #expect(try Self.forwarded(head + rest, in: length) == ByteBuffer(bytes: expected))
        }
    }

    @Test("what is no HTTP is told once, and what follows it is dropped")
    func noise() throws {
        let line = try Line()
        try line.come("POST /score HTTP/1.1\r\nHost : a\r\n\r\n")
        try line.come("more of it")
        try line.come(Self.requests)
        #expect(line.parts.isEmpty)
        #expect(line.errors.count == 1)
        #expect(line.errors.first is HTTPParserError)
    }

    @Test("an end in the middle of a request is an error, an end between two is none", arguments: [true, false])
    func ends(_ isWhole: Bool) throws {
        let line = try Line()
        try line.come(isWhole ? Self.requests : String(Self.requests.dropLast(4)))
        line.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(line.errors.isEmpty == isWhole)
        line.channel.pipeline.fireChannelInactive()
        #expect(line.errors.count == (isWhole ? 0 : 1))
    }

    @Test("what follows a request for another protocol is dropped, and takes no memory")
    func upgrades() throws {
        var limits = DataPlaneLimits()
        limits.headBytes = 100
        let line = try Line(limits: limits)
        try line.come("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n")
        for _ in 0..<100 { try line.come("0123456789") }
        #expect(line.parts.count == 2)
        #expect(line.errors.isEmpty)
        #expect(line.wire.kept == 0)
    }

    @Test("an answer without a length is whole when its connection ends")
    func answers() throws {
        let channel = EmbeddedChannel()
        let wire = Wire.answers(within: DataPlaneLimits(), by: Outbox(eventLoop: channel.eventLoop))
        try channel.pipeline.syncOperations.addHandler(wire)
        wire.expectAnswer()
        try channel.writeInbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\nsome"))
        channel.pipeline.fireChannelInactive()
        var kinds: [String] = []
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
            switch part {
            case .head: kinds.append("head")
            case .body(let body): kinds.append(String(buffer: body))
            case .end: kinds.append("end")
            }
        }
        #expect(kinds == ["head", "some", "end"])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test("messages go out as they are, at the end of the loop's turn")
    func sending() throws {
        let line = try Line()
        line.wire.send(ByteBuffer(string: "head"), body: ByteBuffer(string: "body"))
        #expect(try line.channel.readOutbound(as: ByteBuffer.self) == nil)
        line.channel.embeddedEventLoop.run()
        #expect(try line.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "head"))
        #expect(try line.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "body"))
    }

    @Test("what was written is sent before its connection is closed")
    func closing() throws {
        let line = try Line()
        line.wire.send(ByteBuffer(string: "last"))
        line.wire.close()
        #expect(try line.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "last"))
    }

    @Test("the memory of a message serves another one only when it is sent", arguments: [1, 31, 32, 200])
    func memory(_ count: Int) throws {
        let channels = (0..<count).map { _ in EmbeddedChannel() }
        let loop = EmbeddedEventLoop()
        let outbox = Outbox(eventLoop: loop)
        for (number, channel) in channels.enumerated() {
            let wire = Wire.requests(within: DataPlaneLimits(), by: outbox)
            try channel.pipeline.syncOperations.addHandler(wire)
            for part in ["first", "second"] { wire.send(outbox.message { $0.writeText("\(part) \(number)") }) }
        }
        loop.run()
        for (number, channel) in channels.enumerated() {
            for part in ["first", "second"] {
                #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "\(part) \(number)"))
            }
        }
    }
}
