import FoundationEssentials
import RolloutEngine
import Rollouts
import Synchronization
import Testing

@testable import SQLiteJournal

@Suite struct LeaseTests {
    private func holder(_ error: JournalError?) -> LeaseHolder? {
        guard case .leased(let holder) = error?.code else { return nil }
        return holder
    }

    @Test("an epoch that leaves no room for the next is refused, not counted past its end")
    func lastEpoch() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            try journal.release(try journal.acquireLease(on: key, for: run1, takeOver: false))
            try fixture.edit("UPDATE leases SET epoch = \(Int64.max)")
            let error = #expect(throws: JournalError.self) {
                try journal.acquireLease(on: key, for: run1, takeOver: false)
            }
            #expect(error?.code == .tampered)
        }
    }

    @Test("P5 an epoch is raised above what the backend has seen, and under the one before nothing is written any more")
    func raised() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let first = try journal.acquireLease(on: key, for: run1, takeOver: false)
            #expect(try journal.raise(first, above: 0) == first)
            let lease = try journal.raise(first, above: 41)
            #expect(lease.epoch == 42)
            try journal.heartbeat(lease)
            #expect(throws: JournalError.self) { try journal.heartbeat(first) }
            #expect(try journal.leases().map(\.isAlive) == [true], "its lock is that of the new epoch")
            #expect(throws: JournalError.self) { try journal.raise(lease, above: .max) }
            try journal.release(lease)
            #expect(try journal.acquireLease(on: key, for: run2, takeOver: false).epoch == 43)
        }
    }

    @Test("an endpoint of one name elsewhere is another one")
    func places() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            for place in [nil, "cluster:6443/p1", "cluster:6443/q3"] {
                let elsewhere = LeaseKey(backend: "kubernetes", place: place, endpoint: "shop")
                _ = try journal.acquireLease(on: elsewhere, for: run1, takeOver: false)
            }
            #expect(
                try journal.leases().map(\.key) == [
                    "kubernetes/cluster:6443/p1/shop", "kubernetes/cluster:6443/q3/shop", "kubernetes/shop",
                ])
        }
    }

    @Test("a state folder has a name of its own, and keeps it")
    func home() throws {
        try Fixture.with { fixture in
            let name = try fixture.journal().home()
            #expect(try fixture.journal(process: 200).home() == name)
            try Fixture.with { other in
                let another = try other.journal().home()
                #expect(another != name)
            }
        }
    }

    @Test("P5 a holder that is alive keeps the endpoint, and the refusal says who it is and what to do")
    func aliveHolder() throws {
        try Fixture.with { fixture in
            let first = try fixture.journal()
            let second = try fixture.journal(process: 200)
            _ = try first.acquireLease(on: key, for: run1, takeOver: false)
            fixture.pass(.seconds(12))
            for takeOver in [false, true] {
                let error = #expect(throws: JournalError.self) {
                    try second.acquireLease(on: key, for: run2, takeOver: takeOver)
                }
                #expect(holder(error)?.run == run1)
                #expect(holder(error)?.process == 100)
                #expect(holder(error)?.silent == .seconds(12))
                #expect(error?.message.contains("turnout resume safe-rollout-1 --take-over") == true)
            }
            #expect(try second.leases().map(\.isAlive) == [true])
        }
    }

    @Test("P6 a holder that is alive but has been silent for 30 s is overtaken when asked")
    func takeOver() throws {
        try Fixture.with { fixture in
            let first = try fixture.journal()
            let second = try fixture.journal(process: 200)
            let old = try first.acquireLease(on: key, for: run1, takeOver: false)
            fixture.pass(.seconds(20))
            try first.heartbeat(old)
            fixture.pass(.milliseconds(29_999))
            #expect(throws: JournalError.self) { try second.acquireLease(on: key, for: run1, takeOver: true) }
            fixture.pass(.milliseconds(1))
            #expect(throws: JournalError.self) { try second.acquireLease(on: key, for: run1, takeOver: false) }
            let new = try second.acquireLease(on: key, for: run1, takeOver: true)
            #expect(new.epoch == old.epoch + 1)
        }
    }

    @Test("P5 a runner that was overtaken writes nothing")
    func fenced() throws {
        try Fixture.with { fixture in
            let first = try fixture.journal()
            let second = try fixture.journal(process: 200)
            let run = try newRun()
            let old = try first.acquireLease(on: key, for: run1, takeOver: false)
            try first.create(run, under: old)
            fixture.pass(.seconds(31))
            let new = try second.acquireLease(on: key, for: run1, takeOver: true)
            let before = try second.load(run1)
            for call in [
                { try first.commit(success(of: 0, run), under: old) }, { try first.heartbeat(old) },
                { try first.release(old) }, { try first.create(newRun(run2), under: old) },
            ] as [() throws -> Void] {
                let error = #expect(throws: JournalError.self) { try call() }
                #expect(error?.code == .fenced)
                #expect(error?.message.contains("process 200") == true)
            }
            #expect(try second.load(run1).record == before.record)
            #expect(try second.load(run1).stages == before.stages)
            #expect(try second.events(of: run1, after: 0).count == 1)
            try second.commit(success(of: 0, run), under: new)
        }
    }

    @Test("P5 a lease is good for its own run only")
    func otherRun() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let run = try newRun()
            let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
            try journal.create(run, under: lease)
            try journal.release(lease)
            let other = try journal.acquireLease(on: key, for: run2, takeOver: false)
            let error = #expect(throws: JournalError.self) { try journal.commit(success(of: 0, run), under: other) }
            #expect(error?.code == .fenced)
        }
    }

    @Test("P5 a lease of another endpoint is no good")
    func otherEndpoint() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let run = try newRun()
            let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
            try journal.create(run, under: lease)
            let other = try journal.acquireLease(
                on: LeaseKey(backend: "simulated", endpoint: "elsewhere"), for: run1, takeOver: false)
            #expect(throws: JournalError.self) { try journal.commit(success(of: 0, run), under: other) }
            #expect(try journal.events(of: run1, after: 0).count == 1)
        }
    }

    @Test("P6 a holder whose kernel lock is free is dead")
    func freeLock() throws {
        try Fixture.with { fixture in
            let first = try fixture.journal()
            let old = try first.acquireLease(on: key, for: run1, takeOver: false)
            // As the kernel does when the process ends; its number may even be another's by now.
            try first.close()
            let second = try fixture.journal(process: 200)
            #expect(try second.leases().map(\.isAlive) == [false])
            #expect(try second.acquireLease(on: key, for: run1, takeOver: false).epoch == old.epoch + 1)
        }
    }

    @Test("P6 a holder of an earlier boot is dead")
    func otherBoot() throws {
        try Fixture.with { fixture in
            let first = try fixture.journal(boot: "boot-0")
            let old = try first.acquireLease(on: key, for: run1, takeOver: false)
            let second = try fixture.journal(process: 200)
            #expect(try second.acquireLease(on: key, for: run1, takeOver: false).epoch == old.epoch + 1)
        }
    }

    @Test("P6 a holder whose process is gone, or is another one by the same number, is dead", arguments: [nil, 7777])
    func otherProcess(started: Int64?) throws {
        try Fixture.with { fixture in
            let first = try fixture.journal()
            let old = try first.acquireLease(on: key, for: run1, takeOver: false)
            let second = try fixture.journal(process: 200)
            fixture.processes.withLock { $0[100] = started }
            #expect(try second.leases().map(\.isAlive) == [false])
            #expect(try second.acquireLease(on: key, for: run1, takeOver: false).epoch == old.epoch + 1)
        }
    }

    @Test("P6 a holder on another host is judged by its lock alone")
    func otherHost() throws {
        try Fixture.with { fixture in
            let first = try SQLiteJournal(
                folder: fixture.folder, machine: fixture.machine(process: 999, boot: "boot-9", host: "there"))
            _ = try first.acquireLease(on: key, for: run1, takeOver: false)
            let second = try fixture.journal()
            #expect(try second.leases().map(\.isAlive) == [true])
            try first.close()
            #expect(try second.leases().map(\.isAlive) == [false])
        }
    }

    @Test("P5 epochs never go down, also when a lease was released")
    func epochs() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            for epoch in 1...3 {
                let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
                #expect(lease.epoch == epoch)
                try journal.release(lease)
                #expect(try journal.leases().isEmpty)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/locks") == [])
        }
    }

    @Test("names of endpoints compare without case")
    func caseOfNames() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            _ = try journal.acquireLease(on: key, for: run1, takeOver: false)
            #expect(throws: JournalError.self) {
                try journal.acquireLease(
                    on: LeaseKey(backend: "simulated", endpoint: "SHOP"), for: run2, takeOver: false)
            }
        }
    }

    @Test("every commit says that its runner is alive")
    func commitIsHeartbeat() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let run = try newRun()
            let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
            try journal.create(run, under: lease)
            fixture.pass(.minutes(5))
            try journal.commit(success(of: 0, run), under: lease)
            #expect(try journal.leases().map(\.silent) == [.zero])
        }
    }

    @Test("this machine knows its own process")
    func realMachine() {
        let machine = Machine.current
        #expect(machine.processStart > 0)
        #expect(!machine.bootID.isEmpty)
        #expect(machine.bootClock() > 0)
        #expect(machine.look(Int(Int32.max)) == .gone)
    }
}
