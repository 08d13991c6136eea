import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Rollouts
import Synchronization
import Testing

@testable import SQLiteJournal

@Suite struct LeaseTests {
    @Test("P6 a holder of an earlier boot is dead")
    func otherBoot() throws {
        try Fixture.with { fixture in
            let first = try fixture.journal(boot: "boot-0")
            let old = try first.acquireLease(on: .sample, for: .first, takeOver: false)
            let second = try fixture.journal(process: 200)
            #expect(try second.acquireLease(on: .sample, for: .first, takeOver: false).epoch == old.epoch + 1)
        }
    }

    @Test("P6 a holder whose process is gone, or is another one by the same number, is dead", arguments: [nil, 7777])
    func otherProcess(started: Int64?) throws {
        try Fixture.with { fixture in
            let first = try fixture.journal()
            let old = try first.acquireLease(on: .sample, for: .first, takeOver: false)
            let second = try fixture.journal(process: 200)
            fixture.processes.withLock { $0[100] = started }
            #expect(try second.leases().map(\.isAlive) == [false])
            #expect(try second.acquireLease(on: .sample, for: .first, takeOver: false).epoch == old.epoch + 1)
        }
    }

    @Test("P6 a holder on another host is judged by its lock alone")
    func otherHost() throws {
        try Fixture.with { fixture in
            let first = try SQLiteJournal(
                folder: fixture.folder, machine: fixture.machine(process: 999, boot: "boot-9", host: "there"))
            _ = try first.acquireLease(on: .sample, for: .first, takeOver: false)
            let second = try fixture.journal()
            #expect(try second.leases().map(\.isAlive) == [true])
            try first.close()
            #expect(try second.leases().map(\.isAlive) == [false])
        }
    }

    @Test("the lock of an epoch goes with it")
    func locks() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            let raised = try journal.raise(lease, above: 41)
            let locks = try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/locks")
            #expect(locks.count == 1)
            #expect(locks.first?.hasSuffix(".42.lock") == true)
            try journal.release(raised)
            #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/locks") == [])
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
