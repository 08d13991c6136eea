import RolloutEngine
import Rollouts
import Testing

@Suite("Gates")
struct GateTests {
    private func stand(_ approval: Approval) -> Stand {
        var stages = Array(Plan.safeRollout.stages)
        stages[6].approval = approval
        var stand = Stand(.of(stages))
        stand.begin()
        stand.run()
        return stand
    }

    private func gate(_ stand: Stand) -> ApprovalGate? {
        guard case .waiting(let gate) = stand.record.phase else { return nil }
        return gate
    }

    @Test("P8 a decision binds to the plan: one for another plan is set aside")
    func otherPlan() {
        var stand = stand(Approval())
        expectUsed(stand.offer(.approve, planHash: "another"))
        stand.run()
        #expect(stand.record.status == .waiting)
        #expect(stand.events.contains(.requestVoided(request: 7, reason: "the playbook was edited after the decision")))
        #expect(stand.commits.last?.usedRequests == [7] || stand.commits.contains { $0.usedRequests == [7] })
    }

    @Test("P8 a decision binds to the observed state that was shown")
    func otherState() {
        var stand = stand(Approval())
        expectUsed(stand.offer(.approve, fingerprint: "another"))
        stand.run()
        #expect(stand.record.status == .waiting)
        let shown = gate(stand)?.fingerprint
        expectUsed(stand.offer(.approve, fingerprint: shown))
        stand.run { $0.record.position == 7 }
        #expect(stand.stage("cut-over")?.status == .succeeded)
    }

    @Test("P8 drift voids the gate and holds the run")
    func drift() {
        var stand = stand(Approval())
        stand.model.endpoint?.traffic = DesiredAndActual(["blue": 50, "green": 50])
        expectUsed(stand.offer(.approve))
        stand.run()
        #expect(stand.record.status == .held)
        #expect(stand.events.contains(.gateVoided(reason: "the endpoint has changed since the approval was requested")))
        #expect(stand.model.endpoint?.traffic.wanted == ["blue": 50, "green": 50])
    }

    @Test("P8 the starter may be barred, and nobody counts twice")
    func quorum() {
        var stand = stand(Approval(required: 2, starterMayApprove: false))
        expectUsed(stand.offer(.approve, by: "ada"))
        stand.run()
        #expect(gate(stand)?.approvals.isEmpty == true)
        expectUsed(stand.offer(.approve, by: "bob"))
        stand.run()
        expectUsed(stand.offer(.approve, by: "bob"))
        stand.run()
        #expect(gate(stand)?.approvals.count == 1)
        expectUsed(stand.offer(.approve, by: "eve"))
        stand.run { $0.record.position == 7 }
        #expect(stand.stage("cut-over")?.status == .succeeded)
    }

    @Test("P8 adopting a drifted endpoint voids approvals that were given ahead of the gate")
    func adoptedDrift() {
        var stand = stand(Approval())
        let early = stand.now
        stand.now = stand.now + .minutes(1)
        stand.model.endpoint?.traffic = DesiredAndActual(["blue": 100])
        expectUsed(stand.offer(.approve))
        stand.run()
        #expect(stand.record.status == .held)
        expectUsed(stand.offer(.adopt))
        stand.run()
        #expect(stand.record.status == .waiting)
        let now = stand.now
        stand.now = early
        expectUsed(stand.offer(.approve))
        stand.now = now
        stand.run()
        #expect(gate(stand)?.approvals.isEmpty == true)
        #expect(stand.model.endpoint?.traffic.wanted == ["blue": 100])
        expectUsed(stand.offer(.approve))
        stand.run { $0.record.position == 7 }
        #expect(stand.stage("cut-over")?.status == .succeeded)
    }

    @Test("P8 a gate that asks for a group counts only who was found to be in it")
    func group() {
        var stand = stand(Approval(group: "leads"))
        for memberOf in [nil, "interns"] {
            expectUsed(stand.offer(.approve, by: "bob", memberOf: memberOf))
            stand.run()
            #expect(gate(stand)?.approvals.isEmpty == true)
        }
        let reason = "bob@desk is not known to be a member of group leads"
        #expect(stand.events.contains(.requestVoided(request: 7, reason: reason)))
        expectUsed(stand.offer(.approve, by: "eve", memberOf: "leads"))
        stand.run { $0.record.position == 7 }
        #expect(stand.stage("cut-over")?.status == .succeeded)
    }

    @Test("P8 a rejection rolls back")
    func rejection() {
        var stand = stand(Approval())
        expectUsed(stand.offer(.reject, reason: "too slow"))
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.record.reason?.contains("rejected by bob@desk: too slow") == true)
        #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
    }

    @Test("P8 guard rails go on while a person thinks")
    func guardRails() {
        var stand = stand(Approval())
        stand.model.fail("green", reason: "CrashLoopBackOff")
        stand.model.endpoint?.deployments[1].instances.ready = 0
        stand.step()  // the wait's watch is over
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.record.reason?.contains("CrashLoopBackOff") == true)
        #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
    }

    @Test("P8 a deployment with live traffic that somebody deletes is a guard rail, and no drift to think about")
    func deletedWithTraffic() {
        var stand = stand(Approval())
        stand.model.endpoint?.deployments.remove(at: 1)
        stand.step()  // the wait's watch is over
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.record.reason?.contains("deployment green has live traffic but does not exist") == true)
        #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
    }

    @Test(
        "P8 P10 a time-out has an explicit action",
        arguments: [
            (Approval.TimeoutPolicy.rollBack, RunStatus.rolledBack), (.hold, .held), (.stop, .failed),
        ])
    func timeOut(policy: Approval.TimeoutPolicy, status: RunStatus) {
        var stand = stand(Approval(timeout: .hours(1), onTimeout: policy))
        for _ in 0..<10000 where stand.effect != .stop { stand.step() }
        #expect(stand.record.status == status)
        #expect(stand.record.reason?.contains("no decision within 1h") == true)
    }

    @Test("P8 a time-out may go on, and never is possible")
    func timeOutGoesOn() {
        var stand = stand(Approval(timeout: .hours(1), onTimeout: .goOn))
        for _ in 0..<10000 where stand.record.position < 7 { stand.step() }
        #expect(stand.stage("cut-over")?.status == .succeeded)
        let never = self.stand(Approval(timeout: nil))
        #expect(gate(never)?.deadline == nil)
    }

    @Test("P10 deadlines are absolute: a crash does not begin them anew, and a clock that goes back does not end them")
    func deadlines() {
        var stand = stand(Approval(timeout: .hours(1)))
        let deadline = gate(stand)?.deadline
        stand.now = stand.now + .minutes(50)
        stand.crash()
        stand.run()
        #expect(gate(stand)?.deadline == deadline)
        stand.now = Timestamp(milliseconds: 5)
        stand.give(.timer)
        stand.run()
        #expect(stand.record.status == .waiting)
        #expect(gate(stand)?.deadline == deadline)
    }

    @Test(
        "P10 a gate that expires while nothing works on the run is marked once, and resuming does what on_timeout says",
        arguments: [
            (Approval.TimeoutPolicy.rollBack, RunStatus.rolledBack), (.hold, .held), (.stop, .failed),
        ])
    func expired(policy: Approval.TimeoutPolicy, status: RunStatus) throws {
        var stand = stand(Approval(timeout: .hours(1), onTimeout: policy))
        let deadline = try #require(gate(stand)?.deadline)
        stand.now = deadline
        stand.give(.overdue(pending: []))
        #expect(gate(stand)?.expired == nil, "a decision still counts now")
        stand.now = deadline + .minutes(2)
        let sent = stand.sent.count
        stand.give(.overdue(pending: []))
        stand.give(.overdue(pending: []))
        let reason =
            "the approval of stage cut-over timed out at \(deadline.zoned); on_timeout is \(policy.rawValue)"
        #expect(stand.events.filter { $0 == .gateExpired(reason: reason) }.count == 1)
        #expect(stand.record.status == .waiting && stand.record.reason == reason)
        #expect(gate(stand)?.expired == stand.now && stand.sent.count == sent && stand.effect == .stop)
        // A clock that went back since does not make the gate open again.
        stand.now = deadline + .minutes(-30)
        stand.crash()
        for _ in 0..<10000 where stand.effect != .stop { stand.step() }
        #expect(stand.record.status == status)
        #expect(stand.record.reason?.contains("no decision within 1h") == true)
    }

    @Test("P10 a stage whose time to decide is over is not skipped either", arguments: [Request.Kind.skip, .succeed])
    func skippedLate(kind: Request.Kind) throws {
        var stand = stand(Approval(timeout: .hours(1)))
        stand.now = try #require(gate(stand)?.deadline)
        var late = stand
        late.now = late.now + .milliseconds(1)
        #expect(late.offer(kind) == false && late.stage("cut-over")?.status == .waiting)
        #expect(stand.offer(kind) && stand.stage("cut-over")?.status.isDone == true)
    }

    @Test("P9 P10 a gate that was decided in time does not expire, though the run has not used the decision")
    func decidedInTime() throws {
        var stand = stand(Approval(timeout: .hours(1)))
        let open = try #require(gate(stand))
        stand.now = try #require(open.deadline) + .hours(1)
        for (kind, at, expires) in [
            (Request.Kind.approve, Interval.zero, false), (.reject, .zero, false), (.approve, .hours(2), true),
        ] {
            var stand = stand
            let request = Request(
                number: 1, kind: kind, stage: "cut-over", planHash: "hash", fingerprint: open.fingerprint,
                by: Person(name: "bob", host: "desk"), at: open.opened + at)
            stand.give(.overdue(pending: [request]))
            #expect((gate(stand)?.expired != nil) == expires, "\(kind) after \(at)")
        }
    }

    @Test("P9 a decision for a gate that is not open is kept")
    func early() {
        var stand = Stand(.safeRollout)
        stand.begin()
        stand.run { $0.record.position == 2 }
        expectKept(stand.offer(.approve, stage: "cut-over"))
        #expect(stand.commits.allSatisfy { $0.usedRequests.isEmpty })
        stand.run()
        expectUsed(stand.offer(.approve, stage: "cut-over"))
        stand.run()
        #expect(stand.commits.map(\.usedRequests).filter { $0 == [7] }.count == 1)
    }

    @Test("P7 P8 adopting an edited playbook voids the open gate")
    func adoption() {
        var stand = stand(Approval())
        let plan = stand.machine.plan
        stand.machine.adopt(
            PlanSnapshot(plan: plan, hash: "edited", contents: [:]), stages: stand.machine.stages,
            differences: ["canary: 10 → 20"], at: stand.now)
        stand.begin()
        stand.run()
        #expect(stand.events.contains(.gateVoided(reason: "the playbook was edited")))
        #expect(stand.record.planHash == "edited")
        #expect(stand.record.status == .waiting)
        #expect(stand.commits.contains { $0.adopted?.hash == "edited" })
    }
}
