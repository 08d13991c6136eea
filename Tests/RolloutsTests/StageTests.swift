import FoundationEssentials
import RolloutTesting
import Rollouts
import Testing

@Suite("Stages")
struct StageTests {
    @Test(
        "the wait before another attempt doubles, at most to an hour",
        arguments: [
            (10, 1, 10), (10, 2, 20), (10, 3, 40), (10, 9, 2560), (10, 10, 3600), (10, 1_000_000, 3600),
            (0, 5, 0), (7200, 1, 7200), (7200, 5, 7200), (10, 0, 10), (10, -5, 10), (.max, 30, .max),
        ] as [(Int64, Int, Int64)])
    func wait(_ backoff: Int64, _ attempt: Int, _ seconds: Int64) {
        let retry = Retry(attempts: 5, backoff: .seconds(backoff))
        #expect(retry.wait(after: attempt) == .seconds(seconds))
    }

    static let stages: [Stage] = [
        Stage(name: "define", action: .define(.sample, deployment: .blue, allTraffic: true)),
        Stage(name: "invoke", action: .invoke(Invocation(deployment: "green", request: .sample, times: 20))),
        Stage(
            name: "canary", action: .traffic(["blue": 90, "green": 10]),
            approval: Approval(required: 2, timeout: nil, starterMayApprove: false, group: "sre"), bake: .minutes(30),
            retry: Retry(attempts: 3), onFailure: .hold),
        Stage(name: "mirror", action: .mirrorTraffic(["green": 10]), skip: "kubernetes does not mirror traffic"),
        Stage(name: "wait", action: .wait(.seconds(1))),
        Stage(name: "run", action: .run(Command(words: ["true"], environment: ["A": "b"]))),
        Stage(name: "delete", action: .deleteDeployment("blue"), timeout: .minutes(5)),
        Stage(name: "delete-all", action: .deleteEndpoint),
    ]

    @Test("a list of encoded stages is the list that was encoded")
    func lazyDecoding() throws {
        let list = StageList(Self.stages)
        let encoded = try list.indices.map { try list.encoded(at: $0) }
        let again = StageList(verified: encoded)
        #expect(Array(again) == Self.stages)
        #expect(try again.indices.map { try again.encoded(at: $0) } == encoded)
        #expect(again.count == Self.stages.count)
    }

    @Test("only the stages that are looked at are decoded")
    func unread() throws {
        let list = StageList(Self.stages)
        let stages = StageList(verified: [Data("not a stage".utf8), try list.encoded(at: 1)])
        #expect(stages[1] == Self.stages[1])
        #expect(stages.count == 2)
    }

    @Test("time-outs are by kind where none is given")
    func timeouts() {
        #expect(Stage(name: "a", action: .deleteEndpoint).timeout == .minutes(30))
        #expect(Stage(name: "a", action: .wait(.hours(100))).timeout == .distantFuture)
        #expect(Stage(name: "a", action: .deploy(.green)).timeout == .minutes(60))
        #expect(Stage(name: "a", action: .deploy(.green), timeout: .seconds(1)).timeout == .seconds(1))
    }
}
