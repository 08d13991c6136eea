import RolloutEngine
import RolloutStatistics
import Rollouts
import Testing

@Suite("Analyses")
struct AnalysisTests {
    /// Mirror and canary with an analysis each, then a cut-over that asks people.
    private static func plan(
        for longest: Double = 1800, onInconclusive: AnalysisSpecification.InconclusivePolicy = .hold,
        hardLimit: Double? = nil
    ) -> Plan {
        var stages = Array(Plan.safeRollout.stages)
        let gate = AnalysisSpecification(
            longest: longest, shortest: 10, onInconclusive: onInconclusive,
            metrics: [.errors(ErrorLimits(hardLimit: hardLimit))])
        for index in [4, 5] {
            stages[index].bake = .zero
            stages[index].analysis = gate
        }
        return .of(stages)
    }

    /// Requests at 100/s that follow the traffic since `start`, of which so many in a thousand fail.
    private static func totals(
        blue: Int = 5, green: Int = 5, copies: Int? = nil, from start: Timestamp = Timestamp(milliseconds: 0)
    ) -> (Timestamp) -> OutcomeReading? {
        { now in
            let requests = Int((now - start).milliseconds / 10)
            var reading = OutcomeReading(cursor: 0)
            reading.deployments["blue"] = .init(requests: requests * 9, errors: requests * 9 * blue / 1000)
            reading.deployments["green"] = .init(requests: requests, errors: requests * green / 1000)
            reading.mirrored["green"] = .init(
                pairs: requests, onlyLiveFailed: requests * blue / 1000,
                onlyMirrorFailed: requests * (copies ?? green) / 1000)
            return reading
        }
    }

    /// A stand whose stage of this name is being analysed.
    private func stand(at stage: String = "canary", _ plan: Plan = plan()) -> Stand {
        var stand = Stand(plan)
        stand.totals = Self.totals()
        stand.begin()
        stand.run(approving: true) { stand in
            if case .analysing = stand.record.phase { stand.stage(stage)?.status == .running } else { false }
        }
        return stand
    }

    @Test("a healthy version passes early, and its evidence is carried on")
    func healthy() throws {
        var stand = stand(at: "mirror")
        let began = stand.now
        stand.run { $0.stage("mirror")?.status == .succeeded }
        #expect(stand.now - began < .minutes(10))
        stand.run { if case .analysing = $0.record.phase { $0.stage("canary")?.status == .running } else { false } }
        stand.run { $0.stage("canary")?.status == .succeeded }
        let canary = try #require(stand.stage("canary"))
        #expect(try #require(canary.ended) - (try #require(canary.started)) < .minutes(10))
        #expect(canary.reason?.contains("passes green") == true)
    }

    @Test("who is analysed follows from the run's define, not from whom an earlier run left live")
    func again() throws {
        var stand = Stand(Self.plan())
        stand.totals = Self.totals()
        stand.begin()
        stand.run(approving: true)
        #expect(stand.record.status == .succeeded && stand.model.endpoint?.traffic.actual == ["green": 100])
        var second = Stand(Self.plan())
        second.model = stand.model
        second.totals = Self.totals(green: 60)
        second.begin()
        second.run(approving: true)
        #expect(second.record.analysis?.arms.candidate == "green" && second.record.analysis?.arms.control == "blue")
        #expect(second.record.status == .rolledBack)
        // What is given back is what was there at the start.
        #expect(second.model.endpoint?.traffic.actual == ["green": 100])
    }

    @Test("a version that fails more often is rolled back at once, with what was measured")
    func failing() throws {
        var stand = stand()
        let start = stand.now
        stand.totals = Self.totals(green: 60)
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.model.endpoint?.traffic.actual == ["blue": 100])
        #expect(stand.now - start < .minutes(2))
        let reason = try #require(stand.record.reason)
        #expect(reason.contains("green 6"), "\(reason)")
        #expect(reason.contains("blue 0.4"), "\(reason)")
        #expect(reason.contains("failed"), "\(reason)")
    }

    @Test("a version that fails in the mirror is rolled back from there: no client has met it")
    func failingCopies() {
        var stand = stand(at: "mirror")
        stand.totals = Self.totals(copies: 100)
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.sent.allSatisfy { $0.change != .setTraffic(["blue": 90, "green": 10]) })
    }

    @Test(
        "without data there is no verdict, and the playbook says what becomes of that",
        arguments: [
            (AnalysisSpecification.InconclusivePolicy.hold, RunStatus.held), (.rollBack, .rolledBack),
            (.goOn, .waiting),
        ])
    func inconclusive(_ policy: AnalysisSpecification.InconclusivePolicy, _ status: RunStatus) {
        var stand = stand(at: "mirror", Self.plan(for: 60, onInconclusive: policy))
        stand.totals = { _ in OutcomeReading(cursor: 0) }
        stand.run()
        #expect(stand.record.status == status)
        if status == .held { #expect(stand.record.reason?.contains("it answered no requests") == true) }
    }

    @Test("a run that is held without a verdict looks again when it is told to try again")
    func tryAgain() {
        var stand = stand(at: "canary", Self.plan(for: 60))
        stand.totals = { _ in OutcomeReading(cursor: 0) }
        stand.run()
        #expect(stand.record.status == .held)
        let resumed = stand.now
        stand.totals = Self.totals(from: resumed)
        expectUsed(stand.offer(.retry))
        stand.run { $0.stage("canary")?.status == .succeeded }
        #expect(stand.stage("canary")?.status == .succeeded)
    }

    @Test("P11 the evidence survives a crash: what was not committed is read again")
    func crash() throws {
        var steady = stand()
        var crashing = steady
        let stop = steady.now + .seconds(25)
        steady.run { $0.now >= stop }
        crashing.run { $0.now >= stop }
        let committed = try #require(crashing.committed.record.analysis?.verdict)
        #expect(committed.candidate.requests > 0)
        crashing.crash()
        let end = stop + .seconds(3)
        steady.run { $0.now >= end && $0.effect == .measure }
        crashing.run { $0.now >= end && $0.effect == .measure }
        let expected = try #require(steady.record.analysis?.verdict?.candidate)
        let found = try #require(crashing.record.analysis?.verdict?.candidate)
        #expect(expected == found)
    }

    @Test("readings of ten seconds are one event and one commit, which hold every reading")
    func commits() throws {
        var stand = stand()
        let (commits, start) = (stand.commits.count, stand.now)
        stand.run { $0.now >= start + .seconds(60) || $0.stage("canary")?.status == .succeeded }
        let gathered = stand.commits.dropFirst(commits).flatMap(\.events).compactMap { stamped -> [CoursePoint]? in
            guard case .evidenceGathered(_, let course) = stamped.event else { return nil }
            return course
        }
        #expect(gathered.count < 10)
        let points = gathered.flatMap(\.self)
        #expect(points.map(\.at) == points.map(\.at).sorted())
        #expect(points.count >= 10)
    }

    @Test("P8 guard rails go on while a person thinks: a failing version is rolled back before anyone answers")
    func whileWaiting() {
        var stand = stand()
        stand.run { $0.record.status == .waiting }
        #expect(stand.record.status == .waiting)
        let asked = stand.now
        stand.totals = Self.failing(after: asked)
        for _ in 0..<5000 where !stand.record.status.isEnded { stand.step() }
        #expect(stand.record.status == .rolledBack)
        #expect(stand.now - asked < .minutes(10))
        #expect(stand.events.contains { if case .gateRefused = $0 { true } else { false } })
    }

    private static func failing(after moment: Timestamp) -> (Timestamp) -> OutcomeReading? {
        let before = totals()
        return { now in
            guard var reading = before(now) else { return nil }
            let bad = Int(max(now - moment, .zero).milliseconds / 10)
            reading.deployments["green"]?.errors += bad / 4
            return reading
        }
    }

    @Test("P19 drift holds the run in the middle of an analysis")
    func drift() {
        var stand = stand()
        stand.model.endpoint?.traffic = DesiredAndActual(["blue": 50, "green": 50])
        stand.run()
        #expect(stand.record.status == .held)
        #expect(stand.record.reason?.contains("traffic") == true)
    }

    @Test("a deployment that stops serving ends the analysis, whatever the evidence says")
    func stopsServing() {
        var stand = stand()
        stand.model.endpoint?.deployments[1].instances.ready = 0
        stand.run()
        #expect(stand.record.status == .rolledBack)
    }

    @Test(
        "P10 outcomes that nobody can read are waited for, and at the end the playbook says what becomes of that",
        arguments: [
            (AnalysisSpecification.InconclusivePolicy.hold, RunStatus.held), (.rollBack, .rolledBack),
            (.goOn, .waiting),
        ])
    func unreadable(_ policy: AnalysisSpecification.InconclusivePolicy, _ status: RunStatus) {
        var stand = stand(at: "canary", Self.plan(onInconclusive: policy))
        stand.totals = { _ in nil }
        let began = stand.now
        stand.run()
        #expect(stand.record.status == status)
        #expect(stand.now - began >= .minutes(30) && stand.now - began < .minutes(31))
        if status != .waiting { #expect(stand.record.reason?.contains("no answer") == true) }
    }

    @Test("people can approve while outcomes cannot be read")
    func unreadableAtGate() {
        var stand = stand(at: "canary")
        stand.run { $0.record.status == .waiting }
        stand.totals = { _ in nil }
        expectUsed(stand.offer(.approve))
        stand.run { $0.stage("cut-over")?.status == .running }
        #expect(stand.stage("cut-over")?.status == .running)
    }

    @Test("what the control did before the stage is what is normal: a candidate that is alike passes at any rate")
    func alike() {
        var stand = stand(at: "canary", Self.plan())
        stand.totals = Self.totals(blue: 200, green: 200)
        stand.run { $0.stage("canary")?.status == .succeeded || $0.record.status.isEnded }
        #expect(stand.record.status != .rolledBack)
    }

    @Test("every outcome of an analysis is safe")
    func exhaustive() {
        let report = ExhaustiveCheck(plan: Self.plan(), kind: .managed).run()
        #expect(report.refutation == nil)
        #expect(report.isComplete)
    }
}
