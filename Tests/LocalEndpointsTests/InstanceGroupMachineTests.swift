import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("A deployment's instances together")
struct InstanceGroupMachineTests {
    private typealias Machine = InstanceGroupMachine

    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_000_000 + milliseconds) }

    private func started(_ count: Int, _ settings: InstanceGroupMachine.Settings = .init(startLimit: .seconds(60)))
        -> InstanceGroupMachine
    {
        var machine = Machine(settings: settings, wanted: count)
        let actions = machine.receive(.start, at: at(0))
        #expect(actions == (0..<count).map { .instance($0, .launch) })
        return machine
    }

    private func makeReady(_ machine: inout InstanceGroupMachine, _ indices: Range<Int>, _ time: Int64) {
        for index in indices {
            _ = machine.receive(.instance(index, .launched), at: at(time))
            _ = machine.receive(.instance(index, .probed(.readiness, failure: nil)), at: at(time))
        }
    }

    @Test("all that were wanted become ready, and no deadline is left")
    func ready() {
        var machine = started(3)
        makeReady(&machine, 0..<3, 10)
        #expect(machine.ready == 3 && machine.failed == 0 && machine.reason == nil && machine.failure == nil)
        _ = machine.receive(.time, at: at(61_000))
        #expect(machine.failure == nil)
    }

    @Test("a server that never answers fails the deployment with its bound, its reason and its last words")
    func neverReady() throws {
        var machine = started(1)
        _ = machine.receive(.instance(0, .launched), at: at(0))
        _ = machine.receive(.instance(0, .probed(.readiness, failure: "GET / returned 500")), at: at(20_000))
        _ = machine.receive(.time, at: at(59_999))
        #expect(machine.failure == nil)
        let actions = machine.receive(.time, at: at(60_000))
        let failure = try #require(machine.failure)
        #expect(failure.code == "ResourceNotReady")
        #expect(failure.message.contains("1m") && failure.message.contains("GET / returned 500"))
        #expect(actions.contains(.instance(0, .terminate)))
        #expect(machine.failed == 1)
    }

    @Test("what had passed of a server's time in an earlier process has passed, and not for those that come later")
    func passed() throws {
        var machine = started(1, .init(startLimit: .seconds(300), passed: .seconds(240)))
        #expect(machine.begun == at(-240_000))
        _ = machine.receive(.instance(0, .launched), at: at(0))
        _ = machine.receive(.time, at: at(59_999))
        #expect(machine.failure == nil)
        _ = machine.receive(.time, at: at(60_000))
        #expect(try #require(machine.failure).message.contains("was not ready within 5m"))
        _ = machine.receive(.scale(to: 2), at: at(70_000))
        #expect(machine.begun == at(70_000))
        _ = machine.receive(.time, at: at(369_999))
        #expect(machine.failure == nil)
    }

    @Test("the error that a server tells while it is not ready comes first, also after probes at which it tells none")
    func neverReadyWithError() throws {
        var machine = started(1)
        _ = machine.receive(.instance(0, .launched), at: at(0))
        for output in ["Worker (pid:9) was sent SIGSEGV!", nil] {
            let failure = "http://127.0.0.1:9 refuses connections"
            _ = machine.receive(.instance(0, .probed(.readiness, failure: failure, output: output)), at: at(20_000))
            #expect(machine.reason == "Worker (pid:9) was sent SIGSEGV! (ReadinessProbeFailed: \(failure))")
        }
        _ = machine.receive(.time, at: at(60_000))
        let failure = try #require(machine.failure)
        #expect(failure.message.hasPrefix("Worker (pid:9) was sent SIGSEGV! (instance-0 was not ready within 1m"))
    }

    @Test(
        "a server of somebody else fails after half a minute, or when its probe says so; the user's own, as in the cloud",
        arguments: [
            (InstanceKind.external(ServerAddress(.tcp(host: "127.0.0.1", port: 9))), Probe(), Interval.seconds(30)),
            (
                .external(ServerAddress(.tcp(host: "127.0.0.1", port: 9))),
                Probe(initialDelay: .seconds(1), period: .seconds(2), timeout: .seconds(1), failureThreshold: 3),
                .seconds(8)
            ),
            (.command(CommandServer(arguments: ["x"], folder: "/")), Probe(), .seconds(312)),
        ])
    func startLimits(kind: InstanceKind, readiness: Probe, limit: Interval) {
        let specification = InstanceSpecification(
            endpoint: "houses", deployment: "blue", count: 1, kind: kind, folder: "/", readiness: readiness)
        #expect(InstanceGroupMachine.Settings(specification).startLimit == limit)
    }

    @Test("what a server that does not answer does is told with its address")
    func probeWords() async throws {
        let port = try FreePort.find()
        let failure = await ServerProbe.connect(to: .tcp(host: "127.0.0.1", port: port), timeout: .seconds(2))
        #expect(failure == "http://127.0.0.1:\(port) refuses connections")
        let asked = await ServerProbe.get("/", of: .tcp(host: "127.0.0.1", port: port), timeout: .seconds(2))
        #expect(asked == "GET /: http://127.0.0.1:\(port) refuses connections")
        let socket = await ServerProbe.connect(to: .unix(path: "/nobody/listens.sock"), timeout: .seconds(2))
        #expect(socket == "unix:/nobody/listens.sock does not exist")
    }

    @Test("one that ends three times before it was ready fails the deployment at once, with what it said")
    func crashLoop() throws {
        var machine = started(2)
        makeReady(&machine, 0..<1, 10)
        var time: Int64 = 100
        for _ in 0..<3 {
            #expect(machine.failure == nil)
            _ = machine.receive(.instance(1, .launched), at: at(time))
            _ = machine.receive(.instance(1, .exited(reason: "exit code 3", output: "ValueError: no")), at: at(time))
            #expect(machine.reason?.contains("exit code 3") == true)
            time += 5000
            _ = machine.receive(.time, at: at(time))
        }
        let failure = try #require(machine.failure)
        #expect(failure.code == "ResourceNotReady")
        #expect(failure.message.contains("exit code 3") && failure.message.contains("ValueError: no"))
        // A new deployment that has failed serves nobody: the other instance goes too.
        _ = machine.receive(.instance(0, .exited(reason: "signal 15", output: "")), at: at(time))
        #expect(machine.instances.isEmpty && machine.failed == 2)
    }

    @Test("one that ends after it was ready is started again, and the deployment is not given up")
    func crashLater() {
        var machine = started(1)
        makeReady(&machine, 0..<1, 10)
        var time: Int64 = 100
        for _ in 0..<10 {
            _ = machine.receive(.instance(0, .exited(reason: "signal 9", output: "")), at: at(time))
            #expect(machine.failed == 1 && machine.ready == 0)
            #expect(machine.reason?.hasPrefix("CrashLoopBackOff") == true)
            time += 61_000
            #expect(machine.receive(.time, at: at(time)) == [.instance(0, .launch)])
            makeReady(&machine, 0..<1, time)
        }
        #expect(machine.failure == nil && machine.ready == 1 && machine.reason == nil)
    }

    @Test("scaling up starts the free numbers; scaling down drains the highest; both at once keep count")
    func scale() {
        var machine = started(2)
        makeReady(&machine, 0..<2, 10)
        #expect(machine.receive(.scale(to: 4), at: at(20)) == [.instance(2, .launch), .instance(3, .launch)])
        makeReady(&machine, 2..<4, 30)
        #expect(machine.ready == 4)
        #expect(machine.receive(.scale(to: 1), at: at(40)) == [])
        #expect(machine.ready == 1 && machine.instances.count == 4)
        #expect(machine.receive(.scale(to: 2), at: at(50)) == [.instance(4, .launch)])
        for index in 1..<4 {
            _ = machine.receive(.instance(index, .exited(reason: "signal 15", output: "")), at: at(60))
        }
        #expect(machine.instances.keys.sorted() == [0, 4])
    }

    @Test("instances that can't be added fail the scaling, and those that serve go on")
    func scaleFails() {
        var machine = started(1)
        makeReady(&machine, 0..<1, 10)
        _ = machine.receive(.scale(to: 2), at: at(20))
        _ = machine.receive(.instance(1, .launched), at: at(20))
        _ = machine.receive(.time, at: at(60_020))
        #expect(machine.failure?.code == "ResourceNotReady")
        #expect(machine.ready == 1)
        _ = machine.receive(.instance(1, .exited(reason: "signal 15", output: "")), at: at(60_030))
        _ = machine.receive(.scale(to: 1), at: at(60_040))
        #expect(machine.failure == nil && machine.ready == 1 && machine.reason == nil)
    }

    @Test("the environment is built once, before anything is launched; a failed build is the deployment's")
    func preparation() {
        let settings = InstanceGroupMachine.Settings(needsPreparation: true, startLimit: .seconds(1))
        var machine = Machine(settings: settings, wanted: 1)
        #expect(machine.receive(.start, at: at(0)) == [.prepare])
        // However long that takes.
        #expect(machine.receive(.time, at: at(600_000)) == [])
        #expect(machine.receive(.scale(to: 2), at: at(600_000)) == [])
        var failed = machine
        #expect(
            machine.receive(.prepared(failure: nil), at: at(600_000)) == [.instance(0, .launch), .instance(1, .launch)])
        let failure = InstanceGroupStatus.Failure(code: "ImageBuildFailure", message: "no such package")
        #expect(failed.receive(.prepared(failure: failure), at: at(1)) == [.say("ImageBuildFailure: no such package")])
        #expect(failed.failure == failure && failed.failed == 2)
    }

    @Test("it is over when it was stopped and everything has ended, also while the environment is being built")
    func stop() {
        var machine = started(2)
        makeReady(&machine, 0..<2, 10)
        let actions = machine.receive(.stop(grace: .seconds(1)), at: at(20))
        #expect(actions.filter { $0 == .instance(0, .terminate) || $0 == .instance(1, .terminate) }.count == 2)
        #expect(!machine.isOver)
        for index in 0..<2 {
            _ = machine.receive(.instance(index, .exited(reason: "signal 15", output: "")), at: at(30))
        }
        #expect(machine.isOver)
        var building = Machine(settings: .init(needsPreparation: true, startLimit: .seconds(1)), wanted: 1)
        _ = building.receive(.start, at: at(0))
        _ = building.receive(.stop(grace: .zero), at: at(1))
        #expect(building.isOver)
        #expect(building.receive(.prepared(failure: nil), at: at(2)) == [])
    }
}
