import Foundation
import KubernetesEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

extension KubernetesSuite {
    /// P5 and P6, where the runners are of several machines.
    @Suite("One runner on an endpoint of a cluster") struct LeaseTests {
        private func claimant(_ home: String, _ number: Int = 1) -> EndpointLease.Claimant {
            .init(
                home: home, holder: "token of \(home)", who: "alice@\(home)",
                run: RunID(playbook: "houses", number: number), isRun: true)
        }

        @Test("of two who take it at once one has it, and the other learns who")
        func race() async throws {
            try await ClusterFixture.withBackend { backend in
                let lease = backend.lease(of: "houses")
                let names = ["here", "there", "elsewhere"]
                let ends = await withTaskGroup(of: Result<Int, any Error>.self) { group in
                    for name in names {
                        group.addTask {
                            do {
                                return .success(
                                    try await lease.take(by: claimant(name), takeOver: false, above: 6) { $0 + 1 })
                            } catch { return .failure(error) }
                        }
                    }
                    var ends: [Result<Int, any Error>] = []
                    for await end in group { ends.append(end) }
                    return ends
                }
                #expect(ends.compactMap { try? $0.get() } == [7])
                for case .failure(let error) in ends {
                    guard case .alive(let who, _, _, let epoch)? = error as? EndpointLease.Taken else {
                        Issue.record("\(error)")
                        continue
                    }
                    #expect(epoch == 7 && who.hasSuffix(" houses-1"), "\(who)")
                }
            }
        }

        @Test(
            "P6 a holder that is silent is taken over and finds that out; its run stays until somebody says otherwise")
        func silence() async throws {
            try await ClusterFixture.withBackend { backend in
                let first = backend.lease(of: "houses")
                let later = EndpointLease(
                    client: backend.client, namespace: backend.namespace, endpoint: "houses", clock: Ahead())
                let here = claimant("here")
                #expect(try await first.take(by: here, takeOver: false, above: 0) { $0 + 1 } == 1)
                #expect(try await first.renew(1, of: here.holder))
                await #expect(throws: EndpointLease.Taken.unfinished(run: "houses-1", who: "alice@here")) {
                    _ = try await later.take(by: claimant("there"), takeOver: false, above: 0) { $0 + 1 }
                }
                #expect(try await later.take(by: claimant("there"), takeOver: true, above: 0) { $0 + 1 } == 2)
                #expect(try await !first.renew(1, of: here.holder))
                try await first.release(1, of: here.holder, for: here.run, isFinished: true, isEndpointGone: true)
                let isKept = try await later.renew(2, of: claimant("there").holder)
                #expect(isKept, "the first one's end takes it from nobody")
            }
        }

        /// A machine whose clock goes on half a minute later.
        private struct Ahead: RunClock {
            let base = SystemClock()
            func now() -> Timestamp { base.now() + .seconds(31) }
            var longestSlice: Interval { base.longestSlice }
            func idle(until deadline: Timestamp) async throws { try await sleep(until: deadline) }
            func sleep(until deadline: Timestamp) async throws {
                try await base.sleep(until: deadline + .seconds(-31))
            }
        }

        @Test("P5 while a run is alive, others are refused with 13; killed, its own home goes on at once")
        func alive() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.withHome(.direct) { here in
                    try await fixture.withHome(.direct) { there in
                        let run = try here.start(fixture.rollout(canary: "60s"))
                        try await here.reaches("canary")
                        let hand = ["endpoint", "traffic", "my-endpoint", "--namespace", fixture.namespace]
                        let set = try await there.end(hand + ["--set", "blue=50", "--set", "green=50"])
                        #expect(
                            set.status == 13 && set.errors.contains("rollout-1 has been working on it since"), "\(set)")
                        let second = try await there.end(fixture.rollout())
                        #expect(second.status == 13 && second.errors.contains("--take-over"), "\(second)")
                        kill(run.process.processIdentifier, SIGKILL)
                        _ = try run.wait()
                        let left = try await there.end(fixture.rollout())
                        #expect(left.status == 13, "\(left)")
                        let aborted = try await here.end("abort", "kubernetes-rollout-1")
                        #expect(aborted.status == 12, "\(aborted)")
                        let by = try await there.end(hand + ["--set", "blue=50", "--set", "green=50"])
                        #expect(by.status == 0, "its epoch is above that of the other home: \(by)")
                        let holder = try await fixture.kubectl(
                            "get", "lease", "turnout-my-endpoint", "--output", "jsonpath={.spec.holderIdentity}")
                        #expect(holder.isEmpty)
                    }
                }
            }
        }

        @Test("a run that waits keeps other homes away until --take-over; a new home then goes on with what is there")
        func unfinished() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.withHome(.direct) { here in
                    try await fixture.withHome(.direct) { there in
                        let waits = try await here.end(fixture.rollout(canary: "1s", approve: nil))
                        #expect(waits.status == 11, "\(waits)")
                        let refused = try await there.end(fixture.rollout())
                        #expect(
                            refused.status == 13 && refused.errors.contains("run kubernetes-rollout-1 of "),
                            "\(refused)")
                        let script = "Playbooks/samples/kubernetes/code-2/score.py"
                        try there.write(try there.read(script) + "\n# of another version\n", to: script)
                        let taken = try await there.end(fixture.rollout(canary: "1s", approve: "all", "--take-over"))
                        #expect(taken.status == 0, "two runs of one name: \(taken)")
                        let maps = try await fixture.kubectl("get", "configmaps", "--output", "name")
                        #expect(maps.components(separatedBy: "my-endpoint-green-code").count == 2, "\(maps)")
                        let back = try await here.end("approve", "kubernetes-rollout-1", "--resume")
                        #expect(
                            back.status == 11 && back.output.contains("blue: expected present, observed absent"),
                            "\(back)")
                        // The way back needs code that is in the cluster no more.
                        let aborted = try await here.end("abort", "kubernetes-rollout-1")
                        #expect(aborted.status == 12, "\(aborted)")
                    }
                }
            }
        }
    }
}
