internal import Rollouts

/// The state machine of a deployment's instances: how many must run, and when the deployment has failed.
///
/// Like ``InstanceMachine``, it does no I/O and has no clock.
struct InstanceGroupMachine {
    typealias Failure = InstanceGroupStatus.Failure

    struct Settings: Hashable {
        var instance = InstanceMachine.Settings()
        /// Whether something must be prepared once before the first instance can start.
        var needsPreparation = false
        /// The time within which requested instances must be ready.
        var startLimit: Interval
        /// How much of the limit had passed in earlier processes when the first instances start.
        var passed = Interval.zero
        /// The deployment fails when an instance that was never ready has ended this many times.
        var crashLimit = 3
        /// The command that shows the servers' log; nil if they have none.
        var logs: String?
        /// Set if the deployment is to fail at once.
        var refusal: Failure?
    }

    enum Event: Hashable {
        case start
        case prepared(failure: Failure?)
        case scale(to: Int)
        case stop(grace: Interval)
        case instance(Int, InstanceMachine.Event)
        case time
    }

    enum Action: Hashable {
        case prepare
        case instance(Int, InstanceMachine.Action)
        case say(String)
    }

    private enum Phase: Hashable {
        case idle, preparing, running, stopping
    }

    let settings: Settings
    private(set) var wanted: Int
    /// All instances, including those that are being removed.
    private(set) var instances: [Int: InstanceMachine] = [:]
    private(set) var failure: Failure?
    private var phase = Phase.idle
    /// When the desired instances must be ready; nil once they were.
    private var deadline: Timestamp?
    /// When the desired instances began to start, possibly in an earlier process; nil before the first start.
    private(set) var begun: Timestamp?
    /// Whether all desired instances have been ready once.
    private var wasReady = false

    init(settings: Settings, wanted: Int) {
        self.settings = settings
        self.wanted = wanted
    }

    /// Whether the group was stopped and every instance has ended.
    var isOver: Bool { phase == .stopping && instances.isEmpty }

    /// When the next ``Event/time`` is due.
    var wakeUp: Timestamp? { ([deadline] + instances.values.map(\.wakeUp)).compactMap(\.self).min() }

    var ready: Int { instances.values.count(where: \.isReady) }

    /// The number of instances that wait for a restart, or that have failed permanently.
    var failed: Int {
        failure == nil ? min(instances.values.count(where: \.isBackingOff), wanted) : max(wanted - ready, 0)
    }

    /// Why not all instances are ready; nil if they are or no reason is known.
    var reason: String? {
        if let failure { return "\(failure.code): \(failure.message)" }
        if phase == .preparing { return "the environment is being built" }
        guard ready < wanted else { return nil }
        let troubled = instances.sorted { $0.key < $1.key }.map(\.value)
        guard let instance = troubled.first(where: { $0.reason != nil }), let reason = instance.reason else {
            return nil
        }
        guard !instance.isBackingOff else { return "CrashLoopBackOff: back-off restarting failed server: \(reason)" }
        return instance.lastOutput.isEmpty ? reason : "\(instance.lastOutput) (\(reason))"
    }

    mutating func receive(_ event: Event, at time: Timestamp) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .start: actions = start(at: time)
        case .prepared(let failure): actions = prepared(failure, at: time)
        case .scale(let count): actions = scale(to: count, at: time)
        case .stop(let grace):
            phase = .stopping
            deadline = nil
            actions = sendToAll(.stop(grace: grace), at: time)
        case .instance(let index, let event): actions = tell(index, event, at: time)
        case .time: actions = sendToAll(.time, at: time)
        }
        instances = instances.filter { !$0.value.isGone }
        return actions + judge(at: time)
    }

    private mutating func start(at time: Timestamp) -> [Action] {
        guard phase == .idle else { return [] }
        if let refusal = settings.refusal {
            phase = .running
            return fail(refusal, at: time)
        }
        guard settings.needsPreparation else { return begin(at: time) }
        phase = .preparing
        return [.prepare]
    }

    private mutating func prepared(_ failure: Failure?, at time: Timestamp) -> [Action] {
        guard phase == .preparing else { return [] }
        guard let failure else { return begin(at: time) }
        phase = .running
        return fail(failure, at: time)
    }

    private mutating func begin(at time: Timestamp) -> [Action] {
        phase = .running
        return fill(since: time - settings.passed, at: time)
    }

    private mutating func scale(to count: Int, at time: Timestamp) -> [Action] {
        wanted = max(count, 0)
        guard phase == .running else { return [] }
        failure = nil
        if let refusal = settings.refusal, staying.count < wanted { return fail(refusal, at: time) }
        let surplus = staying.sorted().dropFirst(wanted)
        return surplus.flatMap { tell($0, .drain, at: time) } + fill(since: time, at: time)
    }

    /// The indices of instances that are not being removed.
    private var staying: [Int] { instances.filter { !$0.value.isLeaving }.map(\.key) }

    /// Starts missing instances under the lowest free indices.
    private mutating func fill(since begun: Timestamp, at time: Timestamp) -> [Action] {
        var actions: [Action] = []
        var index = 0
        while staying.count < wanted {
            defer { index += 1 }
            guard instances[index] == nil else { continue }
            instances[index] = InstanceMachine(settings: settings.instance)
            actions += tell(index, .start, at: time)
        }
        self.begun = begun
        deadline = ready < wanted ? begun + settings.startLimit : nil
        return actions
    }

    private mutating func tell(_ index: Int, _ event: InstanceMachine.Event, at time: Timestamp) -> [Action] {
        (instances[index]?.receive(event, at: time) ?? []).map { .instance(index, $0) }
    }

    private mutating func sendToAll(_ event: InstanceMachine.Event, at time: Timestamp) -> [Action] {
        instances.keys.sorted().flatMap { tell($0, event, at: time) }
    }

    /// Determines whether the deployment is ready or has failed.
    private mutating func judge(at time: Timestamp) -> [Action] {
        guard phase == .running, failure == nil, let deadline else { return [] }
        if ready >= wanted {
            self.deadline = nil
            wasReady = true
            return []
        }
        let hopeless = instances.filter { !$0.value.wasReady && $0.value.crashes >= settings.crashLimit }
        if let (index, instance) = hopeless.min(by: { $0.key < $1.key }) {
            let words = "instance-\(index) ended \(instance.crashes) times before it was ready: "
            return fail(notReady(words, instance), at: time)
        }
        guard deadline <= time else { return [] }
        let late = instances.filter { !$0.value.isReady }.min { $0.key < $1.key }
        let words = "instance-\(late?.key ?? 0) was not ready within \(settings.startLimit): "
        return fail(notReady(words, late?.value), at: time)
    }

    /// Creates the failure, with the server's own error first.
    ///
    /// For example `ModuleNotFoundError: No module named 'helper' (instance-0 ended 3 times …)`.
    private func notReady(_ words: String, _ instance: InstanceMachine?) -> Failure {
        let output = instance?.lastOutput ?? ""
        let reason = words + (instance?.reason ?? "it never answered its readiness probe")
        return Failure(
            code: "ResourceNotReady",
            message: (output.isEmpty ? reason : "\(output) (\(reason))")
                + (settings.logs.map { "; `\($0)` shows the log" } ?? ""))
    }

    /// Fails the deployment, and stops the instances that will not become ready.
    ///
    /// These are all instances of a deployment that was never ready, otherwise only the ones that were never ready.
    private mutating func fail(_ failure: Failure, at time: Timestamp) -> [Action] {
        self.failure = failure
        deadline = nil
        let lost = instances.filter { !wasReady || !$0.value.wasReady }.keys.sorted()
        let actions = lost.flatMap { tell($0, .stop(grace: settings.instance.grace), at: time) }
        instances = instances.filter { !$0.value.isGone }
        return actions + [.say("\(failure.code): \(failure.message)")]
    }
}
