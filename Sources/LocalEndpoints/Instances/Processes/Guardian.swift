#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import Programs
internal import Rollouts
internal import Synchronization

/// A helper process that kills the process groups of servers when this process ends.
///
/// It reads the groups from a socket that only this process writes to. The socket closes when this process ends for
/// any reason, including `kill -9`, and the guardian then kills all groups on its list. The kernel's PR_SET_PDEATHSIG
/// would reach only the server itself, not its workers, and is already sent when a thread ends.
final class Guardian: Sendable {
    /// The guardian's script, which reads only group numbers and contains no external values.
    ///
    /// It prints nothing, since the reader of its output may have ended.
    private static let script = """
        exec > /dev/null 2>&1
        trap '' HUP INT TERM
        groups=' '
        while read -r sign group; do
          case $sign in
            +) groups="$groups$group " ;;
            -) case $groups in *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;; esac ;;
          esac
        done
        for group in $groups; do kill -s KILL -- "-$group"; done
        """

    private let ours: Int32
    /// The guardian's end of the socket; nil once it was passed to the process.
    private let its: Mutex<Int32?>

    init() throws(InstanceProblem) {
        var ends: [Int32] = [-1, -1]
        #if canImport(Darwin)
            let kind = SOCK_STREAM
        #else
            let kind = Int32(SOCK_STREAM.rawValue)
        #endif
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw InstanceProblem(
                code: "ResourceNotReady", message: "cannot create a socket pair: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        ours = ends[0]
        its = Mutex(ends[1])
    }

    /// Runs the guardian until ``leave()`` is called.
    func run() async throws {
        guard let end = its.withLock({ $0.take() }) else { return }
        _ = try await ProgramLaunch(["/bin/sh", "-c", Self.script], environment: [:], input: end).run { _ in }
    }

    func watch(_ group: Int32) { say("+ \(group)\n") }

    func forget(_ group: Int32) { say("- \(group)\n") }

    /// Ends the guardian and the groups that it watches.
    func leave() { shutdown(ours, Int32(SHUT_RDWR)) }

    deinit {
        close(ours)
        if let end = its.withLock({ $0.take() }) { close(end) }
    }

    /// Writes to the guardian without blocking; if it has ended, only its protection is lost.
    private func say(_ words: String) {
        #if canImport(Darwin)
            _ = send(ours, words, words.utf8.count, MSG_DONTWAIT)
        #else
            _ = send(ours, words, words.utf8.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        #endif
    }
}
