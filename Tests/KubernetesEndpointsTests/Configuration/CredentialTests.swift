import Foundation
@testable import KubernetesEndpoints
import HTTPTransport
import RolloutTesting
import Rollouts
import Synchronization
import Testing

@Suite("Credentials") struct CredentialTests {
    private let clock = ManualClock()

    private func credentials(
        _ authorization: ClusterConfiguration.Authorization, identity: ClusterConfiguration.Identity? = nil,
        run: @escaping @Sendable (CredentialPlugin) async throws -> PluginOutput = { _ in PluginOutput(token: "none") }
    ) -> Credentials {
        Credentials(
            ClusterConfiguration(
                server: "https://x", user: .init(identity: identity, authorization: authorization), origin: "a test"),
            clock: clock, runs: PluginRunner(run: run))
    }

    private func withFile(_ text: String, _ body: (_ path: String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/token-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        try await body(path)
    }

    @Test("what stands in a header")
    func headers() async throws {
        #expect(try await credentials(.nothing).current() == Credential())
        #expect(try await credentials(.token("t")).current().authorization == "Bearer t")
        #expect(
            try await credentials(.password(user: "ann", password: "pä")).current().authorization
                == "Basic YW5uOnDDpA==")
        #expect(!credentials(.token("t")).canChange && credentials(.tokenFile("/x")).canChange)
    }

    @Test("a token file is read again after a while, and at once when its token is refused")
    func tokenFile() async throws {
        try await withFile("one\n") { path in
            let credentials = credentials(.tokenFile(path))
            #expect(try await credentials.current().authorization == "Bearer one")
            try Data("two".utf8).write(to: URL(filePath: path))
            #expect(try await credentials.current().authorization == "Bearer one")
            clock.advance(by: .seconds(11))
            #expect(try await credentials.current().authorization == "Bearer two")
            try Data("three".utf8).write(to: URL(filePath: path))
            let old = try await credentials.current()
            #expect(try await credentials.current(insteadOf: old).authorization == "Bearer three")
            try Data(" \n".utf8).write(to: URL(filePath: path))
            let last = try await credentials.current()
            let empty = await #expect(throws: KubernetesError.self) { try await credentials.current(insteadOf: last) }
            #expect(empty?.code == .credentials && empty?.message.contains("is empty") == true)
        }
        let missing = await #expect(throws: KubernetesError.self) {
            try await credentials(.tokenFile("/not/there")).current()
        }
        #expect(missing?.message == "the file /not/there does not exist")
    }

    @Test("certificates in files are read again after a while")
    func certificateFiles() async throws {
        try await withFile("cert one") { path in
            let credentials = credentials(
                .nothing, identity: .init(certificates: .file(path), key: .text(Data("key".utf8))))
            #expect(try await credentials.current().identity?.certificates == Data("cert one".utf8))
            try Data("cert two".utf8).write(to: URL(filePath: path))
            clock.advance(by: .seconds(11))
            #expect(
                try await credentials.current().identity
                    == ClientIdentity(certificates: Data("cert two".utf8), key: Data("key".utf8)))
        }
    }

    private let plugin = CredentialPlugin(apiVersion: "client.authentication.k8s.io/v1", command: "login")

    @Test("a plugin is run once until its credential expires or is refused, for all requests together")
    func plugins() async throws {
        let runs = Mutex(0)
        let credentials = credentials(.plugin(plugin)) { [clock] _ in
            let run = runs.withLock {
                $0 += 1; return $0
            }
            await Task.yield()
            return PluginOutput(token: "t\(run)", expiry: clock.now() + .minutes(10))
        }
        try await withThrowingTaskGroup(of: Credential.self) { group in
            for _ in 0..<20 { group.addTask { try await credentials.current() } }
            for try await credential in group { #expect(credential.authorization == "Bearer t1") }
        }
        clock.advance(by: .seconds(589))
        #expect(try await credentials.current().authorization == "Bearer t1")
        clock.advance(by: .seconds(2))
        let second = try await credentials.current()
        #expect(second.authorization == "Bearer t2")
        #expect(try await credentials.current(insteadOf: second).authorization == "Bearer t3")
        // Another request that was refused with the same credential finds that there is a new one already.
        #expect(try await credentials.current(insteadOf: second).authorization == "Bearer t3")
        #expect(runs.withLock { $0 } == 3)
    }

    @Test("401: another credential is tried once, and no more")
    func refused() async throws {
        try await withFile("old") { path in
            let server = ScriptedCluster { request, _ in
                if request["Authorization"] == "Bearer new" { return try .json(["metadata": ["name": "x"]]) }
                try Data("new".utf8).write(to: URL(filePath: path))
                return try .refusal(401, "Unauthorized", "Unauthorized")
            }
            let client = try server.client(user: .init(authorization: .tokenFile(path)), clock: clock)
            try await client.apply(.services, KubernetesObject(.services, name: "x", namespace: "models"))
            #expect(server.requests.map { $0["Authorization"] } == ["Bearer old", "Bearer new"])
        }
        try await withFile("bad") { path in
            let server = ScriptedCluster { _, _ in try .refusal(401, "Unauthorized", "Unauthorized") }
            let client = try server.client(user: .init(authorization: .tokenFile(path)), clock: clock)
            let error = await #expect(throws: KubernetesError.self) { try await client.get(.services, "x") }
            #expect(error?.code == .unauthorized && server.requests.count == 2)
        }
        let fixed = ScriptedCluster { _, _ in try .refusal(401, "Unauthorized", "Unauthorized") }
        await #expect(throws: KubernetesError.self) { try await fixed.client(clock: clock).get(.services, "x") }
        #expect(fixed.requests.count == 1)
    }

    private func answer(_ text: String) throws -> PluginOutput { try PluginRunner.answer(of: plugin, printed: text) }

    @Test("what a plugin prints")
    func printed() throws {
        let head = #""apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential""#
        #expect(
            try answer("{\(head),\"status\":{\"token\":\"t\",\"expirationTimestamp\":\"2026-11-22T10:00:00Z\"}}")
                == PluginOutput(token: "t", expiry: .sample))
        #expect(
            try answer("{\(head),\"status\":{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\"}}").identity
                == ClientIdentity(certificates: Data("c".utf8), key: Data("k".utf8)))
        for wrong in [
            "s3cret", "{\"token\":\"s3cret\"}", "{\(head)}",
            "{\(head),\"status\":{\"clientCertificateData\":\"s3cret\"}}",
            "{\(head),\"status\":{\"token\":\"s3cret\",\"expirationTimestamp\":\"soon\"}}",
            #"{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"s3cret"}}"#,
        ] {
            let error = #expect(throws: KubernetesError.self) { try answer(wrong) }
            #expect(error?.code == .credentials && error?.message.contains("s3cret") == false)
        }
    }
}
