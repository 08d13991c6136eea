import RolloutEngine
import Rollouts
import Testing

@Suite("Checkpoints")
struct CheckpointTests {
    /// A whole run that crashes once, before (`lost` false) or after (`lost` true) its effect number `point`; and the
    /// number of its effects.
    private func run(crashingAt point: Int, lost: Bool) -> (stand: Stand, effects: Int) {
        var stand = Stand(.safeRollout)
        stand.begin()
        var count = 0
        for _ in 0..<5000 where stand.effect != .stop {
            count += 1
            if count == point {
                if lost {
                    var other = stand
                    other.step()
                    stand.model = other.model
                    stand.underway = other.underway
                    stand.sent = other.sent
                }
                stand.crash()
                continue
            }
            if case .wait(_, .people) = stand.effect {
                _ = stand.offer(.approve)
            } else {
                stand.step()
            }
        }
        return (stand, count)
    }

    @Test("P1 a stage that is recorded done is never executed again, wherever a crash hits", arguments: [false, true])
    func doneIsDone(lost: Bool) {
        let (expected, effects) = run(crashingAt: 0, lost: false)
        #expect(expected.record.status == .succeeded)
        for point in 1...effects {
            let stand = run(crashingAt: point, lost: lost).stand
            #expect(stand.record.status == .succeeded, "crash at \(point)")
            #expect(stand.model.endpoint == expected.model.endpoint)
            let effects = stand.sent.filter(\.hadEffect).map(\.change)
            #expect(effects == expected.sent.filter(\.hadEffect).map(\.change), "crash at \(point)")
        }
    }

    @Test("P2 before any effect its intent is durable, with attempt, key, state before and state wanted")
    func intentFirst() {
        var stand = Stand(.safeRollout)
        stand.begin()
        var effects = 0
        for _ in 0..<5000 where stand.effect != .stop {
            if case .apply(let change, let key, let attempt) = stand.effect {
                effects += 1
                guard case .acting(let durable) = stand.committed.record.phase else {
                    Issue.record("no durable intent before \(change)")
                    return
                }
                #expect(durable.steps[durable.step] == .change(change))
                #expect(durable.intent.key == key)
                #expect(durable.number == attempt)
                #expect(durable.intent.before == Observation(stand.model.endpoint))
            }
            if case .wait(_, .people) = stand.effect { _ = stand.offer(.approve) } else { stand.step() }
        }
        #expect(effects == 10)
    }

    @Test("P3 an intent whose change is already so is recorded, and not sent again")
    func alreadySo() {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run { $0.sentCount(.scale("blue", instanceCount: 2)) == 1 }
        stand.crash()
        stand.run()
        #expect(stand.sentCount(.scale("blue", instanceCount: 2)) == 1)
        #expect(stand.stage("scale")?.status == .succeeded)
    }

    @Test("P3 an intent whose change is not so is sent, with the same key")
    func notSo() throws {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run { if case .apply(.scale, _, _) = $0.effect { true } else { false } }
        let key = try #require(stand.key)
        stand.crash()
        stand.run { $0.sentCount(.scale("blue", instanceCount: 2)) == 1 }
        #expect(stand.sent.last?.key == key)
        #expect(stand.sent.last?.hadEffect == true)
    }

    @Test("P3 what is neither as before nor as wanted is held as unknown, for a person")
    func neither() {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run { if case .apply(.scale, _, _) = $0.effect { true } else { false } }
        stand.model.endpoint?.deployments[0].instances = .init(wanted: 7, ready: 7)
        stand.crash()
        stand.run()
        #expect(stand.record.status == .held)
        guard case .held(let hold) = stand.record.phase, case .unknown = hold.cause else {
            Issue.record("held for another reason: \(stand.record.phase)")
            return
        }
        expectUsed(stand.offer(.retry))
        stand.run { $0.stage("scale")?.status == .succeeded }
        #expect(stand.model.endpoint?.deployments[0].instances.wanted == 2)
    }

    @Test("P3 a program is run at most once, unless the playbook says that it is idempotent", arguments: [false, true])
    func programs(idempotent: Bool) {
        var stand = Stand(
            .of([Stage(name: "announce", action: .run(Command(words: ["true"], idempotent: idempotent)))]))
        stand.begin()
        stand.run { if case .run = $0.effect { true } else { false } }
        stand.programs += 1  // it was begun, and nobody knows how it ended
        stand.crash()
        stand.run()
        #expect(stand.programs == (idempotent ? 2 : 1))
        #expect(stand.record.status == (idempotent ? .succeeded : .held))
        guard !idempotent else { return }
        expectUsed(stand.offer(.succeed, reason: "it had run"))
        stand.run()
        #expect(stand.record.status == .succeeded)
    }

    @Test("P11 retry counts and back-off survive a crash")
    func retries() {
        let command = Command(words: ["true"], idempotent: true)
        var stand = Stand(
            .of([
                Stage(name: "test", action: .run(command), retry: Retry(attempts: 3, backoff: .seconds(10)))
            ]), endpoint: .shop())
        stand.result = "exit code 1"
        stand.begin()
        var waits: [Interval] = []
        for _ in 0..<200 where stand.effect != .stop {
            if case .wait(let until, .time) = stand.effect, case .backingOff = stand.record.phase {
                waits.append(until - stand.now)
                stand.crash()
                guard case .wait(until, _) = stand.effect else {
                    Issue.record("the back-off began anew: \(stand.effect)")
                    return
                }
            }
            stand.step()
        }
        #expect(waits == [.seconds(10), .seconds(20)])
        #expect(stand.programs == 3)
        #expect(stand.stage("test")?.attempts == 3)
        #expect(stand.record.status == .rolledBack)
    }

    @Test("what is refused for good is not asked for again, however many attempts there are")
    func refusal() {
        var stand = Stand(
            .of([
                Stage(
                    name: "scale", action: .scale("blue", instanceCount: 2),
                    retry: Retry(attempts: 3, backoff: .seconds(10)))
            ]), endpoint: .shop())
        stand.answer = { _ in BackendError(.refused, "no quota") }
        stand.begin()
        stand.run()
        #expect(stand.sent.count == 1)
        #expect(stand.stage("scale")?.attempts == 1)
        #expect(stand.record.status == .rolledBack)
        #expect(stand.now < Timestamp(milliseconds: 1_000_000) + .seconds(10))
    }

    @Test("folding the events gives the records that were committed with them")
    func fold() {
        for point in [0, 5, 11, 20] {
            let stand = run(crashingAt: point, lost: true).stand
            var initial = Stand(.safeRollout).machine.state
            for event in stand.commits.flatMap(\.events) { initial.apply(event) }
            #expect(initial.stages == stand.machine.stages)
            #expect(initial.record.phase == stand.record.phase)
            #expect(initial.record.expected == stand.record.expected)
            #expect(initial.record.baseline == stand.record.baseline)
        }
    }

    @Test("stages without an effect are committed several at once")
    func momentaryStages() {
        let stages = (0..<20).map { Stage(name: "s\($0)", action: .wait(.zero)) }
        var stand = Stand(.of(stages))
        stand.begin()
        stand.run()
        #expect(stand.record.status == .succeeded)
        #expect(stand.commits.count == 3)
    }
}

extension Stand {
    fileprivate func sentCount(_ change: Change) -> Int { sent.filter { $0.change == change }.count }
}
