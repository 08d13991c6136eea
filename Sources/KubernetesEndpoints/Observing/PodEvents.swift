internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// What was told of a Pod last: by the scheduler, its node or a controller.
struct PodEvent: Hashable, Sendable {
    /// `FailedMount`, `Unhealthy`, `Failed`.
    var reason: String
    var message: String
    var isWarning: Bool

    var words: String { message.isEmpty ? reason : "\(reason): \(message)" }

    /// Added to what the Pod's status says, where it says more.
    func words(after status: String) -> String {
        message.isEmpty || status.contains(message) ? status : "\(status); \(message)"
    }

    /// The last of a Pod's events; of those that tell of one failure in several ways, the one that says most.
    init?(_ events: [KubernetesObject]) {
        let last = events.map(\.toldAt).max()
        let present = events.filter { $0.toldAt == last || $0["reason"]?.string == "Failed" }
        // A node tells of an image by "Failed" with the registry's words, by "Failed" with a word, and by "BackOff".
        let isFailing = events.contains { $0.toldAt == last && ["Failed", "BackOff"].contains($0["reason"]?.string) }
        let candidates = isFailing ? present : present.filter { $0.toldAt == last }
        func weight(_ event: KubernetesObject) -> (Int, Int) {
            (event.isWarning ? 1 : 0, event["message"]?.string?.count ?? 0)
        }
        guard let event = candidates.max(by: { weight($0) < weight($1) }) else { return nil }
        reason = event["reason"]?.string ?? "Event"
        message = event["message"]?.string ?? ""
        isWarning = event.isWarning
    }

    init(reason: String, message: String, isWarning: Bool = true) {
        self.reason = reason
        self.message = message
        self.isWarning = isWarning
    }
}

/// The events of Pods in trouble, asked for while they are: no watch, since a namespace may have thousands.
final class PodEvents: Sendable {
    private struct Kept {
        var event: PodEvent?
        var readAt: Timestamp
    }

    private let client: KubernetesClient
    private let namespace: String
    private let clock: any RunClock
    private let kept = Mutex<[String: Kept]>([:])

    /// How old what is known may be.
    private static let attention = Interval.seconds(3)

    init(_ client: KubernetesClient, namespace: String, clock: any RunClock) {
        self.client = client
        self.namespace = namespace
        self.clock = clock
    }

    /// By the Pods' uid, as far as it was asked for.
    var known: [String: PodEvent] { kept.withLock { $0.compactMapValues(\.event) } }

    /// Asks for what was told of the Pod, unless that was done a moment ago.
    func look(at pod: KubernetesObject) async {
        let now = clock.now()
        guard let uid = pod.uid, kept.withLock({ $0[uid].map { now - $0.readAt >= Self.attention } ?? true }) else {
            return
        }
        do {
            let events = try await client.list(
                .events, in: namespace, fields: ["involvedObject.kind": "Pod", "involvedObject.uid": uid])
            kept.withLock { kept in
                if kept.count > 1000 { kept.removeAll() }
                kept[uid] = Kept(event: PodEvent(events.objects), readAt: now)
            }
        } catch {
            // Its status speaks by itself; the doctor tells of a right that is missing.
            client.logger.debug("events cannot be read", metadata: ["pod": "\(pod.name)", "error": "\(error)"])
            kept.withLock { $0[uid] = Kept(event: $0[uid]?.event, readAt: now) }
        }
    }
}

extension KubernetesObject {
    fileprivate var isWarning: Bool { self["type"]?.string == "Warning" }

    /// RFC 3339; of an event that happened several times, the last of them.
    fileprivate var toldAt: String {
        for path in [["series", "lastObservedTime"], ["lastTimestamp"], ["eventTime"], ["firstTimestamp"]] {
            if let text = value[path: path[...]]?.string, !text.isEmpty { return String(text.prefix(19)) }
        }
        return String((creationTimestamp ?? "").prefix(19))
    }
}
