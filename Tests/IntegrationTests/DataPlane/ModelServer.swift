import Foundation
import LocalEndpoints
import Rollouts

/// A model server in a process of its own, to be killed: answers every request with its name.
final class ModelServer {
    private let process = Process()
    let name: String
    let port: Int

    private static let script = """
        import http.server, sys, time
        name = sys.argv[1].encode()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            def do_POST(self):
                length = int(self.headers.get("content-length", 0))
                asked = self.rfile.read(length)
                status = 500 if asked == b"fail" else 200
                if asked == b"slow": time.sleep(30)
                body = name if asked != b"headers" else str(self.headers).encode()
                if asked.startswith(b"long"): body = b"x" * int(asked[4:])
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("x-model", "yes")
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments): pass
        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 1024
            daemon_threads = True
        server = Server(("127.0.0.1", int(sys.argv[2])), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    /// Starts it and waits until it listens; 0 picks a port.
    init(_ name: String, port: Int = 0) throws {
        self.name = name
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, name, "\(port)"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let listens = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw RawClient.Failure(what: "\(name) does not listen: \(line)")
        }
        self.port = listens
    }

    deinit { kill() }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var instance: InstanceRoute {
        InstanceRoute(
            id: "instance-\(port)", target: .server(ServerAddress(.tcp(host: "127.0.0.1", port: port))), isReady: true)
    }
}

extension DeploymentRoute {
    init(
        _ name: String, limit: Int = 64, timeout: Interval = .seconds(5), wait: Interval = .seconds(5),
        _ instances: [InstanceRoute]
    ) {
        self.init(
            name: Name(name), incarnation: name,
            requestSettings: RequestSettings(
                timeout: timeout, maxConcurrentRequestsPerInstance: limit, maxQueueWait: wait),
            instances: instances)
    }
}

extension EndpointRoute {
    init(traffic: Traffic, mirrorTraffic: Traffic = .none, _ deployments: [DeploymentRoute]) {
        self.init(
            name: "houses", credentials: [Credential(secret: "key")], traffic: traffic, mirrorTraffic: mirrorTraffic,
            deployments: deployments)
    }
}
