#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import Programs
internal import Rollouts
internal import Synchronization

/// A process that outlives this one by a moment, and ends the process groups of its servers with it.
///
/// It reads which groups there are from a socket that nobody else has. Its end comes when this process is gone, however
/// that came about, `kill -9` included; then every group that is still on its list is killed. The kernel's own
/// PR_SET_PDEATHSIG reaches only a server itself, not its workers, and strikes when a mere thread ends.
final class Guardian: Sendable {
    /// It holds no value from outside: group numbers are all that it ever reads.
    ///
    /// It says nothing, since its reader may be gone.
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
    /// Nil once it was handed over.
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

    /// Runs it until ``leave()``.
    func run() async throws {
        guard let end = its.withLock({ $0.take() }) else { return }
        _ = try await ProgramLaunch(["/bin/sh", "-c", Self.script], environment: [:], input: end).run { _ in }
    }

    func watch(_ group: Int32) { say("+ \(group)\n") }

    func forget(_ group: Int32) { say("- \(group)\n") }

    /// Ends it, and what it watches.
    func leave() { shutdown(ours, Int32(SHUT_RDWR)) }

    deinit {
        close(ours)
        if let end = its.withLock({ $0.take() }) { close(end) }
    }

    /// A dozen bytes always fit; should the guardian be gone, only its protection is.
    private func say(_ words: String) {
        #if canImport(Darwin)
            _ = send(ours, words, words.utf8.count, MSG_DONTWAIT)
        #else
            _ = send(ours, words, words.utf8.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        #endif
    }
}
