internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// The most recent event of a Pod, reported by the scheduler, its node or a controller.
struct PodEvent: Hashable, Sendable {
    /// A reason such as `FailedMount`, `Unhealthy` or `Failed`.
    var reason: String
    var message: String
    var isWarning: Bool

    var words: String { message.isEmpty ? reason : "\(reason): \(message)" }

    /// The Pod's status with the event's message, unless the status already contains it.
    func words(after status: String) -> String {
        message.isEmpty || status.contains(message) ? status : "\(status); \(message)"
    }

    /// Chooses the most recent event.
    ///
    /// Of several events about one failure, it is the most detailed one.
    init?(_ events: [KubernetesObject]) {
        let last = events.map(\.lastOccurrence).max()
        let present = events.filter { $0.lastOccurrence == last || $0["reason"]?.string == "Failed" }
        // For an image, a node reports "Failed" with the registry's message, "Failed" with one word, and "BackOff".
        let isFailing = events.contains {
            $0.lastOccurrence == last && ["Failed", "BackOff"].contains($0["reason"]?.string)
        }
        let candidates = isFailing ? present : present.filter { $0.lastOccurrence == last }
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

/// The events of Pods in trouble.
///
/// They are requested when needed rather than watched, since there may be thousands.
final class PodEvents: Sendable {
    private struct Kept {
        var event: PodEvent?
        var readAt: Timestamp
    }

    private let client: KubernetesClient
    private let namespace: String
    private let clock: any RunClock
    private let kept = Mutex<[String: Kept]>([:])

    /// The maximum age of known events before they are requested again.
    private static let attention = Interval.seconds(3)

    init(_ client: KubernetesClient, namespace: String, clock: any RunClock) {
        self.client = client
        self.namespace = namespace
        self.clock = clock
    }

    /// The known events by the Pods' UIDs.
    var known: [String: PodEvent] { kept.withLock { $0.compactMapValues(\.event) } }

    /// Requests the Pod's events unless they are recent enough.
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
            // The Pod's status is enough; the doctor reports a missing permission.
            client.logger.debug("events cannot be read", metadata: ["pod": "\(pod.name)", "error": "\(error)"])
            kept.withLock { $0[uid] = Kept(event: $0[uid]?.event, readAt: now) }
        }
    }
}

extension KubernetesObject {
    fileprivate var isWarning: Bool { self["type"]?.string == "Warning" }

    /// The time in RFC 3339.
    ///
    /// For a repeated event it is the last occurrence.
    fileprivate var lastOccurrence: String {
        for path in [["series", "lastObservedTime"], ["lastTimestamp"], ["eventTime"], ["firstTimestamp"]] {
            if let text = value[path: path[...]]?.string, !text.isEmpty { return String(text.prefix(19)) }
        }
        return String((creationTimestamp ?? "").prefix(19))
    }
}
