internal import Rollouts

/// Explains from a Pod's status why it does not serve.
struct PodProblem: Hashable, Sendable {
    /// The reason, starting with the Pod's own word: `CrashLoopBackOff: …`.
    var reason: String
    /// Whether waiting longer is useless.
    var isFinal: Bool
    /// The crashed container, whose last log lines say more.
    var crash: Crash?

    struct Crash: Hashable, Sendable {
        var pod: String
        var container: String
        var restarts: Int
        /// Whether the container has restarted or waits to restart, so that the crash is in the previous instance's
        /// log.
        var isPrevious: Bool
    }

    /// Fails if the Pod serves or is still starting normally.
    ///
    /// What is waited for, and how long (``KubernetesSettings/FailureLimits``):
    /// - a crashing container: until it has restarted `restarts` times;
    /// - an image or a container's configuration: `after` the Pod's creation, since registries and Secrets may be late;
    ///   an
    ///   invalid image name is final at once;
    /// - a node: `unschedulable` since the scheduler reported that there is none;
    /// - a volume: like a container's configuration, if its failure is the most recent `event`;
    /// - readiness: until the Deployment's progress deadline (`deadline`).
    init?(
        _ pod: KubernetesObject, _ giveUp: KubernetesSettings.FailureLimits, deadline: Interval, now: Timestamp,
        event: PodEvent? = nil
    ) {
        let age = pod.creationTimestamp.flatMap { Timestamp(rfc3339: $0) }.map { now - $0 } ?? .zero
        let statuses = ["initContainerStatuses", "containerStatuses"].flatMap { pod["status", $0]?.list ?? [] }
        let isReady = pod.condition("Ready")?["status"]?.string == "True"
        for status in statuses {
            if let trouble = Self.trouble(of: status, pod: pod.name, giveUp, age: age, isReady: isReady) {
                self = trouble
                if trouble.crash == nil, let event, event.isWarning { reason = event.words(after: trouble.reason) }
                return
            }
        }
        if let scheduled = pod.condition("PodScheduled"), scheduled["status"]?.string == "False" {
            let since = scheduled["lastTransitionTime"]?.string.flatMap { Timestamp(rfc3339: $0) }.map { now - $0 }
            self.init(
                reason: Self.words(scheduled["reason"]?.string ?? "Unschedulable", scheduled["message"]),
                isFinal: (since ?? age) >= giveUp.unschedulable)
            return
        }
        if pod["status", "phase"]?.string == "Failed" {
            // Its ReplicaSet creates another one.
            self.init(
                reason: Self.words(pod["status", "reason"]?.string ?? "Failed", pod["status", "message"]),
                isFinal: false)
            return
        }
        guard !isReady else { return nil }
        let eventWords = event.flatMap { $0.isWarning ? $0.words : nil }
        guard age > deadline else {
            guard let event, let eventWords else { return nil }
            self.init(reason: eventWords, isFinal: event.reason == "FailedMount" && age >= giveUp.after)
            return
        }
        let words = Self.words("not ready \(age.seconds) s after its creation", pod.condition("Ready")?["message"])
        self.init(reason: words + (eventWords.map { "; \($0)" } ?? ""), isFinal: true)
    }

    private init(reason: String, isFinal: Bool, crash: Crash? = nil) {
        self.reason = reason
        self.isFinal = isFinal
        self.crash = crash
    }

    private static let imageReasons: Set = [
        "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable",
        "InvalidImageName",
    ]
    private static let configurationReasons: Set = [
        "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError",
        "PostStartHookError",
    ]

    private static func trouble(
        of status: Value, pod: String, _ giveUp: KubernetesSettings.FailureLimits, age: Interval, isReady: Bool
    ) -> PodProblem? {
        let waiting = status["state"]?["waiting"]
        let word = waiting?["reason"]?.string ?? ""
        if imageReasons.contains(word) {
            let image = status["image"]?.string.flatMap { $0.isEmpty ? nil : " of \($0)" } ?? ""
            return PodProblem(
                reason: words(word + image, waiting?["message"]),
                isFinal: word == "InvalidImageName" || age >= giveUp.after)
        }
        if configurationReasons.contains(word) {
            return PodProblem(reason: words(word, waiting?["message"]), isFinal: age >= giveUp.after)
        }
        let restarts = status["restartCount"]?.integer ?? 0
        let ended = status["state"]?["terminated"] ?? (isReady ? nil : status["lastState"]?["terminated"])
        let isCrashing = word == "CrashLoopBackOff" || ended.map { $0["exitCode"]?.integer ?? 0 != 0 } ?? false
        guard isCrashing, !isReady else { return nil }
        let container = status["name"]?.string ?? ""
        let code = ended?["exitCode"]?.integer.map { " with \($0)" } ?? ""
        let cause = ended?["reason"]?.string.flatMap { $0 == "Error" || $0.isEmpty ? nil : " (\($0))" } ?? ""
        let times = restarts == 1 ? "once" : "\(restarts) times"
        return PodProblem(
            reason: "CrashLoopBackOff: container \(container) exited\(code)\(cause) and was restarted \(times)",
            isFinal: restarts >= giveUp.restarts,
            crash: Crash(
                pod: pod, container: container, restarts: restarts, isPrevious: status["state"]?["terminated"] == nil))
    }

    private static func words(_ word: String, _ message: Value?) -> String {
        guard let message = message?.string, !message.isEmpty else { return word }
        return message.hasPrefix(word) ? message : "\(word): \(message)"
    }
}

extension KubernetesObject {
    /// The condition with this type in `status.conditions`.
    func condition(_ type: String) -> Value? {
        self["status", "conditions"]?.list?.first { $0["type"]?.string == type }
    }
}

extension Interval {
    var seconds: Int64 { milliseconds / 1000 }
}
