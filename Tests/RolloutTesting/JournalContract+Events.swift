internal import RolloutEngine
internal import Rollouts
internal import Testing

extension JournalContract {
    static let requests: [Clause] = [
        Clause(testDescription: "P9 a request that is made while nothing runs is kept, and used exactly once") {
            bench in
            let run = try NewRun.sample()
            let (journal, lease) = try bench.start(run)
            try journal.release(lease)
            let kept = try bench.open().submit(.approval(), to: .first) { _ in }
            #expect(kept.number == 1)
            #expect(try journal.pendingRequests(of: .first) == [kept])

            let resumed = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            var commit = run.success(of: 0)
            commit.usedRequests = [1]
            try journal.commit(commit, under: resumed)
            #expect(try journal.pendingRequests(of: .first) == [])
            #expect(try journal.requests(of: .first) == [StoredRequest(request: kept, isUsed: true)])

            let before = try journal.events(of: .first, after: 0).count
            expectRefused(.notAllowed) { try journal.commit(commit, under: resumed) }
            #expect(try journal.events(of: .first, after: 0).count == before)
            #expect(try journal.verify(.first) == [])
        },
        Clause(testDescription: "P9 a request is not used twice by one commit, and not if it was never made") { bench in
            let run = try NewRun.sample(requests: [.approval()])
            let (journal, lease) = try bench.start(run)
            for numbers in [[7], [1, 1], [0]] {
                var commit = run.success(of: 0)
                commit.usedRequests = numbers
                expectRefused(.notAllowed) { try journal.commit(commit, under: lease) }
            }
            #expect(try journal.stages(of: .first) == run.stages)
            #expect(try journal.pendingRequests(of: .first).map(\.number) == [1])
        },
        Clause(testDescription: "P9 requests are numbered in their order, those of the start first") { bench in
            let (journal, _) = try bench.start(.sample(requests: [.approval(), .approval(by: .bob)]))
            let third = try journal.submit(.approval(stage: "stage-3"), to: .first) { _ in }
            #expect(third.number == 3)
            #expect(try journal.pendingRequests(of: .first).map(\.number) == [1, 2, 3])
            #expect(try journal.requests(of: .first).map(\.request.by) == [.ada, .bob, .ada])
            let made = try journal.events(of: .first, after: 1)
            #expect(made.map(\.event) == (try journal.pendingRequests(of: .first).map(RunEvent.requestMade)))
        },
        Clause(testDescription: "P8 the first decision wins: the second one's validation sees it") { bench in
            let (journal, _) = try bench.start(.sample())
            _ = try journal.submit(.approval(), to: .first, validate: isFirst)
            let error = expectRefused(.notAllowed) {
                _ = try bench.open().submit(.approval(by: .bob), to: .first, validate: isFirst)
            }
            #expect(error?.message == "ada@desk decided first")
            #expect(try journal.requests(of: .first).map(\.request.by) == [.ada])
            #expect(try journal.events(of: .first, after: 0).map(\.kind) == ["run.started", "request.made"])
        },
        Clause(testDescription: "P8 of decisions that are made at once, validation lets one pass") { bench in
            let (first, _) = try bench.start(.sample())
            let journals = [first, try bench.open()]
            let passed = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<32 {
                    group.addTask {
                        do {
                            _ = try journals[number % 2].submit(.approval(), to: .first) {
                                (kept) throws(JournalError) in
                                try isFirst(kept)
                                // Long enough for the others to look as well, if they may.
                                _ = (0..<100_000).reduce(0, ^)
                            }
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(passed == 1)
            #expect(try first.requests(of: .first).count == 1)
            #expect(try first.verify(.first) == [])
        },
    ]

    static let notes: [Clause] = [
        Clause(testDescription: "P10 what is overdue is written down without a lease, while nothing works on the run") {
            bench in
            let run = try NewRun.sample()
            let (journal, lease) = try bench.start(run)
            let note = run.success(of: 0)
            #expect(try !bench.open().note(note, of: run.record), "a process works on it")
            try journal.release(lease)
            #expect(try !bench.open().note(note, of: note.record), "it is not as it was seen")
            #expect(try journal.events(of: .first, after: 0).count == 1)

            #expect(try bench.open().note(note, of: run.record))
            #expect(try journal.record(of: .first) == note.record)
            #expect(try journal.stages(of: .first)[0] == note.stages[0])
            #expect(try journal.events(of: .first, after: 1).map(\.epoch) == [0])
            #expect(try !bench.open().note(note, of: run.record), "it was written down before")
            #expect(try journal.leases().isEmpty)
            #expect(try journal.verify(.first) == [])
        },
        Clause(testDescription: "P10 what is overdue of a dead runner's run is written down, and the runner stays dead")
        {
            bench in
            let run = try NewRun.sample()
            let (dead, _) = try bench.start(run)
            try dead.close()
            let journal = try bench.open()
            #expect(try journal.note(run.success(of: 0), of: run.record))
            #expect(try journal.runnerState(of: .first) == .dead)
            #expect(try journal.verify(.first) == [])
        },
    ]

    @Sendable private static func isFirst(_ kept: [StoredRequest]) throws(JournalError) {
        guard kept.isEmpty else { throw JournalError(.notAllowed, "\(kept[0].request.by) decided first") }
    }

    static let events: [Clause] = [
        Clause(testDescription: "P13 events are numbered from 1 without gaps, whoever writes them") { bench in
            let run = try NewRun.sample(requests: [.approval()])
            let (journal, lease) = try bench.start(run)
            try journal.commit(run.success(of: 0), under: lease)
            _ = try bench.open().submit(.approval(by: .bob), to: .first) { _ in }
            try journal.commit(run.success(of: 1), under: lease)
            let events = try journal.events(of: .first, after: 0)
            #expect(events.map(\.sequence) == [1, 2, 3, 4, 5])
            #expect(
                events.map(\.kind) == [
                    "run.started", "request.made", "stage.succeeded", "request.made", "stage.succeeded",
                ])
            #expect(events.map(\.stage) == [nil, "stage-2", "stage-0", "stage-2", "stage-1"])
            #expect(events.map(\.epoch) == [1, 0, 1, 0, 1])
            #expect(events.map(\.at.milliseconds) == [1, 30, 20, 30, 20])
            #expect(events.first?.event == run.events[0].event)
            #expect(events.last?.event == .stageSucceeded(observed: .absent, reason: nil, by: nil))
            #expect(try journal.events(of: .first, after: 3).map(\.sequence) == [4, 5])
            #expect(try journal.events(of: .first, after: 5).isEmpty)
            #expect(try journal.verify(.first) == [])
        },
        Clause(testDescription: "P13 the same history has the same hashes in every journal and every version") {
            bench in
            let run = try NewRun.sample(requests: [.approval()])
            let (journal, lease) = try bench.start(run)
            try journal.commit(run.success(of: 0), under: lease)
            let hashes = try journal.events(of: .first, after: 0).map(\.hash)
            #expect(hashes.first == "33aa8f9114a39b2ab82610fe41ef82d0358899199bd0e46f887903e7c5a56383")
            #expect(hashes.last == "9a458dfe1d30c27f0471d51a090cf11e9675f81d9a3ebea53d04d0bbb8b9559c")
        },
        Clause(testDescription: "P13 a record that its events do not come to is found") { bench in
            let run = try NewRun.sample()
            let (journal, lease) = try bench.start(run)
            var commit = run.success(of: 0)
            commit.events = []
            try journal.commit(commit, under: lease)
            let findings = try journal.verify(.first)
            #expect(findings.contains { $0.contains("the record of safe-rollout-1") })
            #expect(findings.contains { $0.contains("stage-0 of safe-rollout-1") && $0.contains("pending") })
        },
    ]
}
