import Foundation
import LocalEndpoints
import Rollouts

/// A model server whose answers come in pieces, as the request's path and query ask for; it counts what it serves now.
///
/// `/stream?n=3&gap=0.2&type=…` sends pieces `piece 0;` and so on; `cut=1` ends without the last chunk, `raw=…` chooses
/// other header lines. `/echo` answers with the request line, headers and body; `/open` with the number of streams.
final class StreamServer {
    private let process = Process()
    let port: Int

    private static let script = """
        import socket, socketserver, sys, threading, time, urllib.parse
        count = 0
        lock = threading.Lock()
        def change(by):
            global count
            with lock: count += by
        class Handler(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True
            def handle(self):
                while self.one(): pass
            def one(self):
                line = self.rfile.readline()
                if not line: return False
                fields = {}
                lines = [line.strip()]
                while True:
                    field = self.rfile.readline().strip()
                    if not field: break
                    lines.append(field)
                    name, value = field.split(b":", 1)
                    fields[name.lower()] = value.strip()
                body = self.rfile.read(int(fields.get(b"content-length", 0)))
                method, target, _ = line.decode().split(" ")
                path, _, query = target.partition("?")
                asked = dict(urllib.parse.parse_qsl(query))
                if path == "/open": return self.whole(b"%d" % count)
                if path != "/stream": return self.whole(b"\\n".join(lines + [b"", body]), method == "HEAD")
                change(1)
                try: self.stream(asked)
                except OSError: pass
                finally: change(-1)
                return False
            def whole(self, body, isHead=False):
                self.wfile.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body) + (b"" if isHead else body))
                return True
            def stream(self, asked):
                n, gap, size = int(asked.get("n", 3)), float(asked.get("gap", 0.2)), int(asked.get("size", 0))
                piece = lambda i: (b"piece %d;" % i) + b"x" * size
                length = sum(len(piece(i)) for i in range(n))
                framing = asked.get("framing", "chunks")
                head = "HTTP/1.1 200 OK\\r\\ncontent-type: %s\\r\\n" % asked.get("type", "text/event-stream")
                head += {"chunks": "transfer-encoding: chunked\\r\\n", "gzip": "transfer-encoding: gzip, chunked\\r\\n",
                         "length": "content-length: %d\\r\\n" % length, "close": "connection: close\\r\\n"}[framing]
                self.wfile.write(head.encode() + b"\\r\\n")
                for i in range(n):
                    if i > 0 or "late" in asked: time.sleep(gap)
                    if "cut" in asked and i == n - 1: return
                    data = piece(i)
                    if framing in ("chunks", "gzip"): data = b"%x\\r\\n%s\\r\\n" % (len(data), data)
                    self.wfile.write(data)
                if framing in ("chunks", "gzip"): self.wfile.write(b"0\\r\\n\\r\\n")
        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 1024
        server = Server(("127.0.0.1", 0), Handler)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    init() throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let listens = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw RawClient.Failure(what: "the stream server does not listen: \(line)")
        }
        port = listens
    }

    deinit {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var instance: InstanceRoute {
        InstanceRoute(
            id: "instance-0", target: .server(ServerAddress(.tcp(host: "127.0.0.1", port: port))), isReady: true)
    }

    /// Streams that it is sending now.
    func open() throws -> Int {
        let client = try RawClient(port: port)
        client.send("GET /open HTTP/1.1\r\nhost: a\r\n\r\n")
        return try client.answer().flatMap { Int($0.body) } ?? -1
    }

    /// Waits until it sends `count` streams.
    func waitFor(open count: Int) async throws {
        for _ in 0..<100 {
            if try open() == count { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw RawClient.Failure(what: "the server does not get to \(count) open streams: \(try open())")
    }
}
