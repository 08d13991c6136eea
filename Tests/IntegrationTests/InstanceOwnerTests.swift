import Foundation
import Rollouts
import Testing

@testable import LocalEndpoints

/// The other side of "a process that is killed": started by that test in a process of its own, skipped else.
@Suite(
    "An owner of instances", .enabled(if: environment["TURNOUT_OWNED_FOLDER"] != nil, "started by another test"),
    .timeLimit(.minutes(1)))
struct InstanceOwnerTests {
    @Test("it runs two servers until it is killed")
    func own() async throws {
        let folder = try #require(environment["TURNOUT_OWNED_FOLDER"])
        let log = try DeploymentLog(path: folder + "/log")
        let group = InstanceGroup(
            InstanceSpecification(
                endpoint: "e", deployment: "blue", count: 2,
                kind: .command(CommandServer(arguments: ["python3", folder + "/server.py"], folder: folder)),
                folder: folder + "/instances"),
            log: log, changed: {})
        await group.start()
        while await group.status.ready < 2 { try await Task.sleep(for: .milliseconds(20)) }
        try "ready".write(toFile: folder + "/ready", atomically: true, encoding: .utf8)
        try await Task.sleep(for: .seconds(50))
    }
}
