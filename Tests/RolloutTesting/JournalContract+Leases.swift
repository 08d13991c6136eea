internal import RolloutEngine
internal import Rollouts
internal import Testing

extension JournalContract {
    static let leases: [Clause] = [
        Clause(testDescription: "P5 a holder that is alive keeps the endpoint, and the refusal says who it is") {
            bench in
            let (first, second) = (try bench.open(), try bench.open())
            let lease = try first.acquireLease(on: .sample, for: .first, takeOver: false)
            bench.pass(.seconds(12))
            let holder = try #require(try second.leases().first)
            #expect(holder.isAlive)
            #expect(holder.silent == .seconds(12))
            #expect(holder.run == .first)
            #expect(holder.epoch == lease.epoch)
            for (journal, takeOver) in [(second, false), (second, true), (first, false)] {
                let (refusing, message) = try expectLeased {
                    _ = try journal.acquireLease(on: .sample, for: .second, takeOver: takeOver)
                }
                #expect(refusing == holder)
                #expect(message.contains("process \(holder.process) on \(holder.host)"))
                #expect(message.contains("turnout resume safe-rollout-1 --take-over"))
            }
            try first.heartbeat(lease)
        },
        Clause(testDescription: "P6 a holder that is alive but has been silent for 30 s is overtaken when asked") {
            bench in
            let (first, second) = (try bench.open(), try bench.open())
            let old = try first.acquireLease(on: .sample, for: .first, takeOver: false)
            bench.pass(.seconds(20))
            try first.heartbeat(old)
            bench.pass(.milliseconds(29_999))
            _ = try expectLeased { _ = try second.acquireLease(on: .sample, for: .first, takeOver: true) }
            bench.pass(.milliseconds(1))
            _ = try expectLeased { _ = try second.acquireLease(on: .sample, for: .first, takeOver: false) }
            let new = try second.acquireLease(on: .sample, for: .first, takeOver: true)
            #expect(new.epoch == old.epoch + 1)
        },
        Clause(testDescription: "P6 a holder that closed its journal is dead, and its lease is taken over at once") {
            bench in
            let first = try bench.open()
            let second = try bench.open()
            let old = try first.acquireLease(on: .sample, for: .first, takeOver: false)
            try first.close()
            #expect(try second.leases().map(\.isAlive) == [false])
            #expect(try second.acquireLease(on: .sample, for: .second, takeOver: false).epoch == old.epoch + 1)
            #expect(try second.leases().map(\.isAlive) == [true])
        },
        Clause(testDescription: "P5 epochs never go down, also when a lease was released") { bench in
            for epoch in 1...3 {
                let journal = try bench.open()
                let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
                #expect(lease == Lease(key: .sample, run: .first, epoch: epoch))
                try journal.release(lease)
                #expect(try journal.leases().isEmpty)
                try journal.close()
            }
        },
        Clause(testDescription: "P5 an epoch is raised above what the backend has seen, and the one before is over") {
            bench in
            let journal = try bench.open()
            let first = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            #expect(try journal.raise(first, above: 0) == first)
            let lease = try journal.raise(first, above: 41)
            #expect(lease == Lease(key: .sample, run: .first, epoch: 42))
            try journal.heartbeat(lease)
            expectRefused(.fenced) { try journal.heartbeat(first) }
            expectRefused(.fenced) { _ = try journal.raise(first, above: 50) }
            #expect(try bench.open().leases().map(\.isAlive) == [true])
            try journal.release(lease)
            #expect(try journal.acquireLease(on: .sample, for: .second, takeOver: false).epoch == 43)
        },
        Clause(testDescription: "P5 an epoch that leaves no room for the next is refused, not counted past its end") {
            bench in
            let journal = try bench.open()
            let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            expectRefused(.tampered) { _ = try journal.raise(lease, above: .max) }
            try journal.release(try journal.raise(lease, above: .max - 1))
            expectRefused(.tampered) { _ = try journal.acquireLease(on: .sample, for: .first, takeOver: false) }
        },
        Clause(testDescription: "an endpoint of one name elsewhere is another one, and names compare without case") {
            bench in
            let journal = try bench.open()
            for place in [nil, "cluster:6443/p1", "cluster:6443/q3"] {
                let elsewhere = LeaseKey(backend: "kubernetes", place: place, endpoint: "shop")
                _ = try journal.acquireLease(on: elsewhere, for: .first, takeOver: false)
            }
            #expect(
                try journal.leases().map(\.key) == [
                    "kubernetes/cluster:6443/p1/shop", "kubernetes/cluster:6443/q3/shop", "kubernetes/shop",
                ])
            let upper = LeaseKey(backend: "kubernetes", endpoint: "SHOP")
            _ = try expectLeased { _ = try journal.acquireLease(on: upper, for: .second, takeOver: false) }
        },
        Clause(testDescription: "every commit says that its runner is alive") { bench in
            let run = try NewRun.sample()
            let (journal, lease) = try bench.start(run)
            bench.pass(.minutes(5))
            try journal.commit(run.success(of: 0), under: lease)
            #expect(try journal.leases().map(\.silent) == [.zero])
        },
    ]

    static let fencing: [Clause] = [
        Clause(testDescription: "P5 a runner that was overtaken writes nothing") { bench in
            let run = try NewRun.sample()
            let (first, old) = try bench.start(run)
            let second = try bench.open()
            bench.pass(.seconds(31))
            let new = try second.acquireLease(on: .sample, for: .first, takeOver: true)
            let holder = try #require(try second.leases().first)
            for call in [
                { try first.commit(run.success(of: 0), under: old) }, { try first.heartbeat(old) },
                { try first.release(old) }, { try first.create(.sample(.second), under: old) },
                { _ = try first.raise(old, above: old.epoch) },
            ] as [() throws -> Void] {
                let error = expectRefused(.fenced, call)
                #expect(error?.message.contains("process \(holder.process)") == true)
            }
            #expect(try second.leases() == [holder])
            #expect(try second.record(of: .first) == run.record)
            #expect(try second.stages(of: .first) == run.stages)
            #expect(try second.events(of: .first, after: 0).count == 1)
            try second.commit(run.success(of: 0), under: new)
            #expect(try second.events(of: .first, after: 0).map(\.epoch) == [old.epoch, new.epoch])
        },
        Clause(testDescription: "P5 nothing is written under a lease that was released") { bench in
            let run = try NewRun.sample()
            let (journal, lease) = try bench.start(run)
            try journal.release(lease)
            expectRefused(.fenced) { try journal.commit(run.success(of: 0), under: lease) }
            expectRefused(.fenced) { try journal.release(lease) }
            #expect(try journal.record(of: .first) == run.record)
        },
        Clause(testDescription: "P5 a lease is good for its own run only") { bench in
            let run = try NewRun.sample()
            let (journal, lease) = try bench.start(run)
            try journal.release(lease)
            let other = try journal.acquireLease(on: .sample, for: .second, takeOver: false)
            expectRefused(.fenced) { try journal.commit(run.success(of: 0), under: other) }
            #expect(try journal.events(of: .first, after: 0).count == 1)
        },
        Clause(testDescription: "P5 a lease of another endpoint is no good") { bench in
            let run = try NewRun.sample()
            let (journal, _) = try bench.start(run)
            let elsewhere = LeaseKey(backend: "simulated", endpoint: "elsewhere")
            let other = try journal.acquireLease(on: elsewhere, for: .first, takeOver: false)
            expectRefused(.fenced) { try journal.commit(run.success(of: 0), under: other) }
            #expect(try journal.events(of: .first, after: 0).count == 1)
        },
    ]
}
