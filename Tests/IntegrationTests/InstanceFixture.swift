import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PlaybookSyntax
import RolloutEngine
import Rollouts
import Testing

@testable import LocalEndpoints

/// A group of instances in a scratch folder, which is stopped and removed afterwards.
struct InstanceFixture {
    let folder: String
    let group: InstanceGroup
    let log: DeploymentLog

    /// Where virtual environments are kept between runs of the tests.
    static let environments =
        (environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache") + "/turnout-tests/environments"

    static func with(
        _ count: Int = 1, environment: [String: String] = [:], liveness: Probe = Probe(), readiness: Probe = Probe(),
        kind: (_ folder: String) throws -> InstanceKind, _ body: (InstanceFixture) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/turnout-instances-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
        }
        let log = try DeploymentLog(path: folder + "/log")
        let group = InstanceGroup(
            InstanceSpecification(
                endpoint: "e", deployment: "blue", count: count, kind: try kind(folder),
                environmentVariables: environment, folder: folder + "/instances", liveness: liveness,
                readiness: readiness),
            log: log, changed: {})
        await group.start()
        do {
            try await body(InstanceFixture(folder: folder, group: group, log: log))
        } catch {
            Issue.record(error)
            print(try log.tail(100).map { "\($0.instance ?? "-") \($0.text)" }.joined(separator: "\n"))
        }
        await group.stop(grace: .seconds(2))
    }

    /// A Python deployment whose `score.py` is `script`.
    static func python(_ script: String, in folder: String) throws -> InstanceKind {
        let code = folder + "/code"
        try FileManager.default.createDirectory(atPath: code, withIntermediateDirectories: true)
        try script.write(toFile: code + "/score.py", atomically: true, encoding: .utf8)
        return .python(PythonServer(code: .folder(code, script: "score.py"), environments: environments))
    }

    /// The Python of the environment that such servers run in, which is built unless it is kept already.
    static func interpreter(of server: PythonServer) async throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/turnout-build-\(UUID().uuidString).log"
        defer {
            do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
        }
        let guardian = try Guardian()
        async let life: Void = guardian.run()
        let built = try await PythonEnvironment(server, guardian: guardian, log: DeploymentLog(path: path)).build()
        guardian.leave()
        try await life
        return built.interpreter
    }

    static func conda(_ text: String) throws -> CondaDocument? {
        try text.isEmpty ? nil : CondaDocument(text: text, value: pythonYAMLValue(of: text))
    }

    struct NeverHappened: Error, CustomStringConvertible {
        var description: String
    }

    /// Looks until it is so; throws after `limit`.
    @discardableResult func wait(
        _ limit: Duration = .seconds(60), for condition: (InstanceGroupStatus) throws -> Bool
    ) async throws -> InstanceGroupStatus {
        let deadline = ContinuousClock.now + limit
        while true {
            let status = await group.status
            if try condition(status) { return status }
            // What has failed and is gone stays so: there is nothing to wait for.
            guard status.failure == nil || !status.instances.isEmpty, ContinuousClock.now < deadline else {
                throw NeverHappened(description: "\(status)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What instance `index` answers to `body`.
    func score(_ index: Int = 0, _ body: String = "{}", timeout: TimeAmount = .seconds(10)) async throws -> (
        status: UInt, body: String
    ) {
        let status = await group.status
        guard index < status.instances.count, case .server(let address) = status.instances[index].target,
            case .tcp(let host, let port) = address.socket
        else { throw NeverHappened(description: "no server: \(status)") }
        return try await Self.post("http://\(host):\(port)\(address.scoringPath)", body, timeout)
    }

    static func post(_ url: String, _ body: String, _ timeout: TimeAmount = .seconds(10)) async throws -> (
        status: UInt, body: String
    ) {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await HTTPClient.shared.execute(request, timeout: timeout)
        let answer = try await response.body.collect(upTo: 1 << 20)
        return (response.status.code, String(buffer: answer))
    }

    /// The log's lines that begin with `word`.
    func lines(_ word: String) throws -> [String] {
        try log.tail(1000).map(\.text).filter { $0.hasPrefix(word) }
    }

    /// The numbers of processes whose command line holds `word`.
    static func processes(_ word: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).filter { process in
            // Gone meanwhile: no process any more.
            guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
            return String(decoding: line, as: UTF8.self).contains(word)
        }
    }
}

extension TurnoutHome {
    /// Lets the home's servers run in the environments that are kept for all tests, so that each is built once.
    func shareEnvironments() throws {
        let folder = LocalFolder(state: path + "/state")
        for path in [folder.path, InstanceFixture.environments] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder.environments, withDestinationPath: InstanceFixture.environments)
    }
}
