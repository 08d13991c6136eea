internal import Logging
internal import Rollouts
internal import Synchronization

/// The last lines of containers that crashed.
///
/// Each is read once.
final class CrashLogs: Sendable {
    private let known = Mutex<[PodProblem.Crash: String]>([:])

    private static let lineCount = 5
    private static let longest = 600

    /// The last lines; `nil` if there are none or they cannot be read, in which case the reason stands without them.
    func lines(of crash: PodProblem.Crash, in namespace: String, by client: KubernetesClient) async -> String? {
        if let lines = known.withLock({ $0[crash] }) { return lines.isEmpty ? nil : lines }
        let lines: [String]
        do {
            lines = try await client.logs(
                of: crash.pod, in: namespace, container: crash.container, tail: Self.lineCount,
                previous: crash.isPrevious
            ).map(\.text)
        } catch {
            client.logger.debug("the log of a crashed container cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
        let text = String(lines.joined(separator: " ⏎ ").suffix(Self.longest))
        known.withLock { known in
            if known.count > 1000 { known.removeAll() }
            known[crash] = text
        }
        return text.isEmpty ? nil : text
    }
}
