internal import RolloutStatistics
internal import Rollouts

/// One possible next step in a world, with a sentence for the story.
struct Choice: Sendable {
    /// `nil` for steps that need no mention, and in worlds without a story.
    var sentence: String?
    var world: World
    /// False for failures and for interventions by people; the run must succeed if only good choices happen.
    var isGood: Bool

    init(_ sentence: String?, _ world: World, isGood: Bool = false) {
        self.sentence = sentence
        self.world = world
        self.isGood = isGood
    }
}

extension World {
    /// Every outcome of the present effect, and the crashes and aborts around it.
    var choices: [Choice] {
        var found: [Choice]
        switch effect {
        case .observe: found = observations
        case .apply(let change, _, _): found = answers(to: change)
        case .invoke(let invocation):
            found = finishes(
                good: "the test requests to \(invocation.deployment?.text ?? "the endpoint") are answered as expected",
                bad: "a test request to \(invocation.deployment?.text ?? "the endpoint") is not answered as expected")
        case .run(let command):
            let program = command.words.first ?? "the program"
            found = finishes(good: "\(program) succeeds", bad: "\(program) fails")
        case .measure: found = readings
        case .wait(_, .time): found = [after(nil, isGood: true) { $0.give(.timer, at: $0.now) }]
        case .wait(_, .people): found = decisions
        case .stop: found = resolutions
        }
        guard effect != .stop else { return found }
        if moment != committed || !effect.isWait {
            found.append(after("the runner dies, and the run is resumed") { $0.crash() })
        }
        var aborted = self
        if aborted.offer(request(.abort, by: Self.people(1)[0]), at: now) {
            found.append(Choice(told("a person aborts the run"), aborted))
        }
        return found
    }

    private func after(
        _ sentence: @autoclosure () -> String?, isGood: Bool = false, _ body: (inout World) -> Void
    ) -> Choice {
        var world = self
        body(&world)
        return Choice(told(sentence()), world, isGood: isGood)
    }

    private func told(_ sentence: @autoclosure () -> String?) -> String? {
        isTold ? sentence().map { "\(machine.scene): \($0)" } : nil
    }

    // MARK: Measuring

    /// Every verdict that the evidence may lead to.
    private var readings: [Choice] {
        guard let analysis = machine.record.analysis else { return [] }
        let name = analysis.arms.candidate
        var found = [
            after("the evidence is against \(name)") { $0.measure(.fail, of: analysis) },
            after("the outcomes of requests cannot be read") {
                $0.give(.refused(BackendError(.unavailable, "no answer")), at: $0.now)
            },
            after("the outcomes of requests cannot be read before the timeout") {
                $0.give(.refused(BackendError(.unavailable, "no answer")), at: .lastMoment)
            },
        ]
        if case .waiting = machine.record.phase {
            found.append(after(nil, isGood: true) { $0.measure(.inconclusive, of: analysis) })
            return found
        }
        found.append(after("the evidence is for \(name)", isGood: true) { $0.measure(.pass, of: analysis) })
        found.append(after("the evidence is inconclusive so far") { $0.measure(.inconclusive, of: analysis) })
        found.append(
            after("the evidence is inconclusive when the analysis ends") {
                $0.measure(.inconclusive, isOver: true, of: analysis)
            })
        return found
    }

    private mutating func measure(
        _ decision: Verdict.Decision, isOver: Bool = false, of analysis: AnalysisRecord
    ) {
        var analysis = analysis
        analysis.verdict = Verdict(
            decision: decision, isOver: isOver, seconds: 0, metric: nil, log10E: 0, measurements: [],
            candidate: .init(), control: .init(), findings: [])
        give(.measured(analysis), at: now)
    }

    private func finishes(good: String, bad: String) -> [Choice] {
        [
            after(good, isGood: true) { $0.give(.finished(failure: nil), at: $0.now) },
            after(bad) { $0.give(.finished(failure: bad), at: $0.now) },
        ]
    }

    // MARK: Observing

    private var observations: [Choice] {
        var found: [Choice] = []
        if underway.isEmpty {
            found.append(after(nil, isGood: true) { $0.observe(at: $0.now) })
        } else {
            found.append(
                after("\(changesUnderway) is observed to be complete", isGood: true) {
                    let changes = $0.underway
                    $0.update { for change in changes { $0.settle(change) } }
                    $0.underway = []
                    $0.observe(at: $0.now)
                })
            found.append(after("\(changesUnderway) is not complete yet") { $0.observe(at: $0.now) })
            for change in underway {
                guard let name = change.deployment else { continue }
                found.append(
                    after("deployment \(name) fails") {
                        $0.update { $0.fail(name, reason: "it never became ready") }
                        $0.underway.removeAll { $0 == change }
                        $0.observe(at: $0.now)
                    })
            }
        }
        if machine.record.phase.hasDeadline {
            found.append(after("nothing happens before the timeout") { $0.observe(at: .lastMoment) })
        }
        if let name = crashCandidate {
            found.append(
                after("deployment \(name) stops serving") {
                    $0.crashed = name
                    $0.update {
                        $0.fail(name, reason: "it crashes")
                        $0.endpoint?.stopServing(name)
                    }
                    $0.observe(at: $0.now)
                })
        }
        found.append(
            after("the endpoint cannot be observed") {
                $0.give(.refused(BackendError(.unavailable, "no answer")), at: $0.now)
            })
        return found
    }

    private var changesUnderway: String { underway.map(\.description).joined(separator: " and ") }

    private mutating func observe(at now: Timestamp) { give(.observed(endpoint.value), at: now) }

    /// A deployment that recently gained traffic and may stop serving during a bake, an analysis or an approval.
    private var crashCandidate: Name? {
        switch machine.record.phase {
        case .baking, .analysing, .waiting: break
        default: return nil
        }
        guard crashed == nil, underway.isEmpty, let endpoint = endpoint.value else { return nil }
        let before = machine.record.baseline.snapshot
        return endpoint.deployments.map(\.name).first { name in
            endpoint.traffic.actual[name] > before?.traffic.wanted[name] ?? 0
                || endpoint.mirrorTraffic.actual[name] > before?.mirrorTraffic.wanted[name] ?? 0
        }
    }

    // MARK: Changing

    private func answers(to change: Change) -> [Choice] {
        if let violation = model.violation(of: change) {
            let code: BackendError.Code = violation.isTemporary ? .busy(retryAfter: .seconds(5)) : .refused
            return [
                after("the backend refuses '\(change)': \(violation.message)", isGood: true) {
                    $0.give(.refused(BackendError(code, violation.message)), at: $0.now)
                }
            ]
        }
        return [
            after("the backend accepts '\(change)'", isGood: true) {
                $0.accept(change)
                $0.give(.accepted, at: $0.now)
            },
            after("the backend refuses '\(change)'") {
                $0.give(.refused(BackendError(.refused, "it was refused")), at: $0.now)
            },
            after("'\(change)' gets no answer and is not applied") {
                $0.give(.refused(BackendError(.unavailable, "no answer")), at: $0.now)
            },
            after("'\(change)' is applied, but the answer is lost") {
                $0.accept(change)
                $0.give(.refused(BackendError(.unavailable, "no answer")), at: $0.now)
            },
            after("'\(change)' gets no answer before the timeout") {
                $0.give(.refused(BackendError(.unavailable, "no answer")), at: .lastMoment)
            },
            after("'\(change)' is applied; the runner dies before it gets the answer, and the run is resumed") {
                $0.accept(change)
                $0.crash()
            },
        ]
    }

    private mutating func accept(_ change: Change) {
        do {
            try update { model throws(Violation) in try model.accept(change) }
            if !change.isDone(in: endpoint.value), !underway.contains(change) { underway.append(change) }
        } catch {
            preconditionFailure("\(change) violated no rule but was refused: \(error)")
        }
    }

    // MARK: People

    private var decisions: [Choice] {
        guard case .waiting(let gate) = machine.record.phase, let stage = machine.stage,
            let approval = stage.approval
        else { return [] }
        let approvers = Self.people(approval.required + 1).filter { !gate.approvals.contains($0) }
        var found: [Choice] = []
        if let approver = approvers.first {
            found.append(
                after("\(approver.name) approves \(stage.name)", isGood: true) {
                    _ = $0.offer($0.request(.approve, by: approver), at: $0.now)
                })
            found.append(
                after("\(approver.name) rejects \(stage.name)") {
                    _ = $0.offer($0.request(.reject, by: approver), at: $0.now)
                })
        }
        found.append(after("no decision is made yet") { $0.give(.timer, at: $0.now) })
        if gate.deadline != nil {
            found.append(after("no decision is made before the timeout") { $0.give(.timer, at: .lastMoment) })
            found.append(after("the runner stops, the approval times out, and the run is resumed") { $0.expire() })
        }
        return found
    }

    /// What a person can do about a held run.
    private var resolutions: [Choice] {
        guard case .held(let hold) = machine.record.phase else { return [] }
        return [(Request.Kind.abort, "aborts the run"), (.retry, "tries it again"), (.restore, "undoes the drift")]
            .compactMap { kind, words in
                var world = self
                guard hold.accepts(kind), world.offer(request(kind, by: Self.people(1)[0]), at: now) else {
                    return nil
                }
                return Choice(told("a person \(words)"), world)
            }
    }

    private func request(_ kind: Request.Kind, by person: Person) -> Request {
        Request(
            number: 1, kind: kind, stage: machine.stage?.name, planHash: machine.record.planHash, by: person,
            memberOf: machine.stage?.approval?.group, at: Timestamp(milliseconds: 0))
    }

    private static func people(_ count: Int) -> [Person] {
        (1...count).map { Person(name: "person \($0)", host: "anywhere") }
    }
}

extension Timestamp {
    /// Later than every deadline.
    static let lastMoment = Timestamp(milliseconds: .max - 1)
}

extension Change {
    /// The deployment that the change makes ready.
    fileprivate var deployment: Name? {
        switch self {
        case .putDeployment(let definition): definition.name
        case .scale(let name, _): name
        default: nil
        }
    }
}

extension Phase {
    fileprivate var hasDeadline: Bool {
        switch self {
        case .acting, .rollingBack: true
        case .waiting(let gate): gate.deadline != nil
        case .starting, .ready, .baking, .analysing, .backingOff, .held, .ended: false
        }
    }
}

extension RunMachine.Effect {
    fileprivate var isWait: Bool {
        guard case .wait = self else { return false }
        return true
    }
}

extension EndpointSnapshot {
    fileprivate mutating func stopServing(_ name: Name) {
        guard let index = deployments.firstIndex(where: { $0.name == name }) else { return }
        deployments[index].instances.ready = 0
    }
}
