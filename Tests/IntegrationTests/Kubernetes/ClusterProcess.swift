import Foundation
import Testing

/// What the harness prints when its cluster is ready.
struct ClusterState: Decodable, Sendable {
    /// Of the administrator.
    var kubeconfig: String
    /// The same, who shows a certificate instead of a token.
    var certificateKubeconfig: String
    var server: String
    /// The API server through the proxy that fails as it is told to.
    var proxy: String
    var certificateAuthority: String
    /// Where the harness's own API listens.
    var control: String
    /// Host and port of the gateway's admin page, which has its counters.
    var envoy: String
    /// The folder with the logs of everything.
    var state: String

    enum CodingKeys: String, CodingKey {
        case kubeconfig, server, proxy, control, envoy, state
        case certificateKubeconfig = "certificate_kubeconfig"
        case certificateAuthority = "certificate_authority"
    }
}

/// The cluster that all tests of this process share. It ends when its standard input does, with this process.
actor ClusterProcess {
    static let shared = ClusterProcess()

    private var starting: Task<ClusterState, any Error>?
    private var process: Process?
    private var input: Pipe?

    func state() async throws -> ClusterState {
        if let starting { return try await starting.value }
        let (process, input, output, log) = (Process(), Pipe(), Pipe(), Self.log)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "harness/cluster.py").path
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script, "up"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = log
        (self.process, self.input) = (process, input)
        let task = Task {
            try process.run()
            // Off the threads that Swift's tasks share. An API server that has to be built first takes minutes.
            let line = await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: Self.line(of: output.fileHandleForReading)) }
            }
            try #require(!line.isEmpty, "the cluster did not start: it says above why")
            return try JSONDecoder().decode(ClusterState.self, from: line)
        }
        starting = task
        return try await task.value
    }

    /// What the harness says beside its one line belongs to what the tests say.
    private static let log = FileHandle.standardError

    private static func line(of handle: FileHandle) -> Data {
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let piece = handle.availableData
            guard !piece.isEmpty else { return line }
            line += piece
        }
        return line
    }
}
