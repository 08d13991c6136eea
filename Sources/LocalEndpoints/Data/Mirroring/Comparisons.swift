internal import NIOPosix
internal import Synchronization

/// Compares answers; what needs more than a look at the bytes is done on a thread of its own, so that no event loop
/// is held up by it.
final class Comparisons: Sendable {
    private let pool: NIOThreadPool
    private let pending = Mutex(0)
    /// Pairs that may wait for it; further ones are dropped, and counted as such.
    private static let limit = 256

    /// `pool` is the owner's to start and end.
    init(pool: NIOThreadPool) { self.pool = pool }

    func compare(_ live: ComparedBody, _ copy: ComparedBody, for shadow: DeploymentState) {
        guard !live.isSettledByBytes(with: copy) else {
            return shadow.countPair(liveFailed: false, copyFailed: false, agree: live.agrees(with: copy))
        }
        let isTaken = pending.withLock { pending in
            guard pending < Self.limit else { return false }
            pending += 1
            return true
        }
        guard isTaken else { return shadow.countDroppedCopy() }
        pool.submit { [self] state in
            pending.withLock { $0 -= 1 }
            guard case .active = state else { return }
            shadow.countPair(liveFailed: false, copyFailed: false, agree: live.agrees(with: copy))
        }
    }
}
