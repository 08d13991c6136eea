import Foundation
import Testing

/// What people may do to a run by hand, and what not.
@Suite("Runs by hand", .integration, .serialized, .timeLimit(.minutes(5)))
struct ByHandTests {
    private static let start = """
        name: k
        stages:
          - name: define
            define: {endpoint_file: samples/endpoint.yml, deployment_file: samples/blue-deployment.yml, all_traffic: true}
          - {name: green, deploy: {deployment_file: samples/green-deployment.yml}}

        """

    private func write(_ stages: String, to home: TurnoutHome) throws {
        try home.write(Self.start + stages, to: "Playbooks/k.yml")
    }

    @Test("P8 an adoption does not drop a gate that its starter is barred from, and skipping it takes somebody else")
    func barredStarter() async throws {
        try await TurnoutHome.with { home throws in
            let gate = "    approval: {required: 1, starter_may_approve: false}\n"
            let cut = "  - name: cut\n    traffic: {green: 100}\n"
            try write(cut + gate, to: home)
            #expect(try home.run("run", "k").status == 11)
            try write(cut, to: home)
            let adopted = try home.run("resume", "--adopt")
            #expect(adopted.status == 65, "\(adopted.errors)")
            #expect(adopted.errors.contains("drops or weakens"))
            #expect(try home.run("skip", "--stage", "cut", "--reason", "x").status == 64)
            #expect(try home.run("approve", "--by", "ann").status == 0)
            #expect(try home.run("approve", "--by", "ANN@elsewhere ", "--resume").status == 0)
            #expect(try home.status("k-1").traffic.actual == ["green": 100])
        }
    }

    @Test("P1 a fork does not count as done what was taken back")
    func takenBack() async throws {
        try await TurnoutHome.with { home throws in
            try write(
                """
                  - {name: cut, traffic: {green: 100}}
                  - {name: ok, wait: {for: 1s}}
                  - {name: fail, run: {command: ["/bin/false"]}}

                """, to: home)
            #expect(try home.run("run", "k").status == 10)
            let fork = try home.run("retry", "k-1", "--from", "fail")
            #expect(fork.status == 64)
            #expect(fork.errors.contains("was rolled back"))
        }
    }

    @Test("a mirror is not left on by skipping the stage that turns it off")
    func mirrorOff() async throws {
        try await TurnoutHome.with { home throws in
            try write(
                """
                  - {name: mirror, mirror_traffic: {green: 10}}
                  - {name: gate, wait: {for: 0s}, approval: {required: 1}}
                  - {name: "off", mirror_traffic: {}}

                """, to: home)
            #expect(try home.run("run", "k").status == 11)
            #expect(try home.run("skip", "--stage", "off", "--reason", "x").status == 64)
            #expect(try home.run("approve", "--resume").status == 0)
        }
    }

    @Test("P10 P17 what has traffic when it is to be deleted is refused at once, with the reason")
    func deletingWithTraffic() async throws {
        try await TurnoutHome.with { home throws in
            try write(
                """
                  - {name: cut, traffic: {green: 100}}
                  - {name: gate, wait: {for: 0s}, approval: {required: 1}}
                  - {name: delete, delete: {deployment: blue}}

                """, to: home)
            #expect(try home.run("run", "k").status == 11)
            #expect(try home.run("endpoint", "traffic", "my-endpoint", "--set", "blue=100", "--force").status == 0)
            let held = try home.run("approve", "--resume")
            #expect(held.status == 11, "drift is for a person")
            #expect(try home.run("resume", "--adopt").status == 11, "the gate is to be passed anew")
            let refused = try home.run("approve", "--resume")
            #expect(refused.status == 10, "\(refused.output)")
            #expect(refused.output.contains("non-zero traffic weight"))
        }
    }

    @Test("P14 a journal that is deleted under a runner ends it with 74, and nothing more is done")
    func journalGone() async throws {
        try await TurnoutHome.with { home throws in
            try write(
                """
                  - {name: pause, run: {command: ["/bin/sleep", "3"]}}
                  - {name: cut, traffic: {green: 100}}

                """, to: home)
            let runner = try home.start(["run", "k"])
            try wait { (try? home.status("k-1").stages[2].status) == "running" }
            try FileManager.default.removeItem(atPath: home.path + "/state/turnout.sqlite")
            #expect(try runner.wait().status == 74)
            #expect(try !home.effects().contains { $0.contains("green: 100") })
        }
    }

    @Test("a run that only waits is printed once by status --watch, however often its endpoint is looked at")
    func watching() async throws {
        try await TurnoutHome.with { home throws in
            try write("  - {name: gate, wait: {for: 0s}, approval: {required: 1}}\n", to: home)
            #expect(try home.run("run", "k").status == 11)
            let watch = try home.start(["status", "--watch", "--json"])
            try wait { try !String(contentsOfFile: watch.output, encoding: .utf8).isEmpty }
            try await Task.sleep(for: .milliseconds(2500))
            watch.signal(SIGTERM)
            #expect(try watch.wait().output.split(separator: "\n").count == 1)
        }
    }
}
