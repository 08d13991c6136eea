import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("An instance's life")
struct InstanceMachineTests {
    /// Milliseconds after the beginning.
    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_000_000 + milliseconds) }

    private func running(_ settings: InstanceMachine.Settings = .init()) -> InstanceMachine {
        var machine = InstanceMachine(settings: settings)
        #expect(machine.receive(.start, at: at(0)) == [.launch])
        #expect(machine.receive(.launched, at: at(0)).last == .probe(.readiness, timeout: .seconds(2)))
        return machine
    }

    @Test("it is ready with its first good answer, long before Azure's initial delay is over")
    func readyEarly() {
        var machine = running()
        #expect(machine.receive(.probed(.readiness, failure: "refused"), at: at(1)) == [])
        #expect(machine.wakeUp == at(100))
        #expect(machine.receive(.time, at: at(100)) == [.probe(.readiness, timeout: .seconds(2))])
        #expect(!machine.isReady)
        #expect(machine.receive(.probed(.readiness, failure: nil), at: at(300)) == [.say("ready")])
        #expect(machine.isReady)
        #expect(machine.wakeUp == at(10_000))
    }

    @Test("of a server that takes long to be ready the log tells after three seconds, and then once a period")
    func longStart() {
        var machine = running()
        var told: [Int64] = []
        for time in stride(from: Int64(0), through: 25_000, by: 100) {
            _ = machine.receive(.time, at: at(time))
            let actions = machine.receive(.probed(.readiness, failure: "it refuses connections"), at: at(time + 1))
            if actions.contains(.say("ReadinessProbeFailed: it refuses connections")) { told.append(time) }
        }
        #expect(told == [3000, 13_000, 23_000])
        #expect(machine.reason == "ReadinessProbeFailed: it refuses connections")
    }

    @Test("one failed probe is said and changes nothing; as many as the threshold in a row make it unready")
    func threshold() {
        var settings = InstanceMachine.Settings()
        settings.readiness.failureThreshold = 2
        var machine = running(settings)
        _ = machine.receive(.probed(.readiness, failure: nil), at: at(10))
        func fail(_ time: Int64) -> [InstanceMachine.Action] {
            _ = machine.receive(.time, at: at(time))
            return machine.receive(.probed(.readiness, failure: "500"), at: at(time + 1))
        }
        #expect(fail(10_020) == [.say("ReadinessProbeFailed: 500")])
        #expect(machine.isReady)
        #expect(fail(20_020) == [.say("ReadinessProbeFailed: 500")])
        #expect(!machine.isReady)
        #expect(machine.reason == "ReadinessProbeFailed: 500")
        _ = machine.receive(.time, at: at(30_020))
        #expect(machine.receive(.probed(.readiness, failure: nil), at: at(30_021)) == [.say("ready")])
        #expect(machine.isReady && machine.reason == nil)
    }

    @Test("more than one success in a row is waited for where the probe says so")
    func successes() {
        var settings = InstanceMachine.Settings()
        settings.readiness.successThreshold = 2
        var machine = running(settings)
        _ = machine.receive(.probed(.readiness, failure: nil), at: at(10))
        #expect(!machine.isReady)
        #expect(machine.wakeUp == at(100))
        _ = machine.receive(.time, at: at(100))
        _ = machine.receive(.probed(.readiness, failure: nil), at: at(101))
        #expect(machine.isReady)
    }

    @Test("a server that hangs fails its liveness probe, is told to end, killed when it doesn't, and started again")
    func hangs() {
        var settings = InstanceMachine.Settings(grace: .seconds(3))
        settings.liveness.failureThreshold = 2
        var machine = running(settings)
        _ = machine.receive(.probed(.readiness, failure: nil), at: at(10))
        #expect(machine.receive(.time, at: at(10_010)).contains(.probe(.liveness, timeout: .seconds(2))))
        #expect(
            machine.receive(.probed(.liveness, failure: "no answer"), at: at(12_000))
                == [.say("LivenessProbeFailed: no answer")])
        _ = machine.receive(.time, at: at(20_010))
        let actions = machine.receive(.probed(.liveness, failure: "no answer"), at: at(22_000))
        #expect(actions.last == .terminate)
        #expect(actions.contains { if case .say(let text) = $0 { text.hasPrefix("Killing") } else { false } })
        #expect(!machine.isReady)
        #expect(machine.receive(.time, at: at(24_999)) == [])
        #expect(machine.receive(.time, at: at(25_000)) == [.kill])
        let ended = machine.receive(.exited(reason: "signal 9", output: ""), at: at(25_001))
        #expect(ended.contains { if case .say(let text) = $0 { text.hasPrefix("BackOff") } else { false } })
        #expect(machine.reason == "LivenessProbeFailed: no answer")
        #expect(machine.receive(.time, at: at(25_501)) == [.launch])
    }

    @Test("each end in a row doubles the wait, up to the longest; a long life begins it anew")
    func backOff() {
        var machine = running()
        var time: Int64 = 0
        for pause in [500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000] as [Int64] {
            _ = machine.receive(.exited(reason: "exit code 1", output: ""), at: at(time))
            #expect(machine.wakeUp == at(time + pause))
            time += pause
            #expect(machine.receive(.time, at: at(time)) == [.launch])
            _ = machine.receive(.launched, at: at(time))
        }
        time += 120_000
        _ = machine.receive(.exited(reason: "exit code 1", output: ""), at: at(time))
        #expect(machine.wakeUp == at(time + 500))
    }

    @Test("one that drains gets nothing new, goes on for a while, is told to end, and is gone when it has ended")
    func drains() {
        var machine = running(.init(drain: .seconds(6), grace: .seconds(10)))
        _ = machine.receive(.probed(.readiness, failure: nil), at: at(10))
        #expect(machine.receive(.drain, at: at(1000)) == [])
        #expect(!machine.isReady && !machine.isGone)
        #expect(machine.receive(.time, at: at(7000)) == [.say("Killing: stopping the server"), .terminate])
        #expect(machine.receive(.time, at: at(17_000)) == [.kill])
        #expect(machine.receive(.exited(reason: "signal 9", output: ""), at: at(17_001)) == [])
        #expect(machine.isGone && machine.wakeUp == nil)
    }

    @Test("one that drains is told to end as soon as it has answered everything")
    func drained() {
        var machine = running(.init(drain: .seconds(600), grace: .seconds(10)))
        #expect(machine.receive(.drained, at: at(500)) == [])
        _ = machine.receive(.drain, at: at(1000))
        #expect(machine.drainsSince == at(1000))
        #expect(machine.receive(.drained, at: at(2000)) == [.say("Killing: stopping the server"), .terminate])
        #expect(machine.drainsSince == nil && machine.wakeUp == at(12_000))
        #expect(machine.receive(.drained, at: at(2001)) == [])
    }

    @Test("one that is stopped while it is being launched is ended as soon as it can hear it")
    func stoppedEarly() {
        var machine = InstanceMachine(settings: .init())
        _ = machine.receive(.start, at: at(0))
        #expect(machine.receive(.stop(grace: .seconds(1)), at: at(1)) == [])
        #expect(machine.receive(.launched, at: at(50)) == [])
        #expect(machine.receive(.time, at: at(101)).last == .terminate)
        _ = machine.receive(.exited(reason: "signal 15", output: ""), at: at(120))
        #expect(machine.isGone)
    }

    @Test("a server of somebody else is never launched or ended, and is unready while it doesn't answer")
    func external() {
        var settings = InstanceMachine.Settings(isOwned: false)
        settings.readiness.failureThreshold = 1
        var machine = InstanceMachine(settings: settings)
        #expect(machine.receive(.start, at: at(0)) == [.probe(.readiness, timeout: .seconds(2))])
        _ = machine.receive(.probed(.readiness, failure: nil), at: at(1))
        #expect(machine.isReady)
        _ = machine.receive(.time, at: at(10_001))
        _ = machine.receive(.probed(.readiness, failure: "refused"), at: at(10_002))
        #expect(!machine.isReady)
        #expect(machine.receive(.stop(grace: .seconds(1)), at: at(10_003)) == [])
        #expect(machine.isGone)
    }

    @Test("however events come, no probe begins while one of its kind is under way")
    func oneProbe() {
        var machine = running()
        for time in stride(from: 100, through: 60_000, by: 100) as StrideThrough<Int64> {
            let actions = machine.receive(.time, at: at(time))
            #expect(!actions.contains(.probe(.readiness, timeout: .seconds(2))))
        }
    }
}
