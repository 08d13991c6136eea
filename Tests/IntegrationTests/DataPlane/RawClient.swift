import Foundation

/// A client that sends exactly what a test says, over one connection.
final class RawClient {
    struct Answer {
        var status: Int
        /// Names in lower case.
        var headers: [String: String]
        var body: String
    }

    struct Failure: Error {
        var what: String
    }

    private var descriptor: Int32
    private var received = Data()
    /// Whether a reset is an error rather than an end.
    private var throwsResets = false

    /// Every wait for bytes ends after `patience`.
    init(port: Int, patience: Int = 10) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket: \(errno)") }
        var time = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(what: "connect: \(errno)") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Closes the connection, with a reset if that is wanted.
    func end(resets: Bool) {
        var option = linger(l_onoff: resets ? 1 : 0, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
        descriptor = -1
    }

    /// Reads until `text` has come; what has come is kept for ``answer()``.
    func receive(until text: String) throws {
        while received.range(of: Data(text.utf8)) == nil {
            guard try readMore() else { throw Failure(what: "the connection ended before \(text)") }
        }
    }

    /// Everything up to the connection's end; throws if that is a reset.
    @discardableResult
    func receiveAll() throws -> String {
        throwsResets = true
        defer { throwsResets = false }
        while try readMore() {}
        return String(decoding: received, as: UTF8.self)
    }

    /// False where the other side has closed.
    @discardableResult
    func send(_ text: String) -> Bool { send(Data(text.utf8)) }

    @discardableResult
    func send(_ data: Data) -> Bool {
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Says that nothing more is sent.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next answer; nil where the connection is closed before it is whole.
    func answer() throws -> Answer? {
        while true {
            if let answer = takeAnswer() { return answer }
            guard try readMore() else { return nil }
        }
    }

    /// The next answer where it is one to HEAD, which has no body.
    func head() throws -> Answer? {
        while true {
            if let (answer, end) = takeHead() {
                received = Data(received[end...])
                return answer
            }
            guard try readMore() else { return nil }
        }
    }

    /// True when the other side has closed and has nothing more to say.
    func isClosed() throws -> Bool {
        guard received.isEmpty else { return false }
        return try !readMore()
    }

    private func readMore() throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0, errno == EAGAIN { throw Failure(what: "nothing came in time") }
        if count < 0, throwsResets { throw Failure(what: "the connection was reset") }
        guard count > 0 else { return false }
        received.append(contentsOf: bytes[..<count])
        return true
    }

    /// The head of what has come, and where it ends.
    private func takeHead() -> (answer: Answer, end: Data.Index)? {
        guard let end = received.range(of: Data("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return (Answer(status: status, headers: headers, body: ""), end.upperBound)
    }

    private func takeAnswer() -> Answer? {
        guard let (head, end) = takeHead() else { return nil }
        let (status, headers) = (head.status, head.headers)
        if status == 100 {
            received = Data(received[end...])
            return head
        }
        if headers["transfer-encoding"] == "chunked" { return takeChunks(from: end, status, headers) }
        let length = headers["content-length"].flatMap(Int.init) ?? 0
        guard received.count >= end + length else { return nil }
        let body = received[end..<end + length]
        received = Data(received[(end + length)...])
        return Answer(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
    }

    /// Trailers are taken for headers.
    private func takeChunks(from start: Int, _ status: Int, _ headers: [String: String]) -> Answer? {
        var headers = headers
        var body = Data()
        var position = start
        while true {
            guard let line = received.range(of: Data("\r\n".utf8), in: position..<received.count) else { return nil }
            let text = String(decoding: received[position..<line.lowerBound], as: UTF8.self)
            guard let count = Int(text, radix: 16) else { return nil }
            position = line.upperBound
            if count == 0 { break }
            guard received.count >= position + count + 2 else { return nil }
            body.append(received[position..<position + count])
            position += count + 2
        }
        while let line = received.range(of: Data("\r\n".utf8), in: position..<received.count) {
            let text = String(decoding: received[position..<line.lowerBound], as: UTF8.self)
            position = line.upperBound
            if text.isEmpty {
                received = Data(received[position...])
                return Answer(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
            }
            let parts = text.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        return nil
    }

    /// A scoring request, whole.
    static func request(_ body: String = "{}", key: String = "key", _ lines: String = "") -> String {
        "POST /score HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(key)\r\n\(lines)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
