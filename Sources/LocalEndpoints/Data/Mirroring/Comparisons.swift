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

    /// Of two that were answered.
    func compare(_ live: MirrorPair.End, _ copy: MirrorPair.End, for shadow: CompiledDeployment) {
        let (state, tolerance) = (shadow.state, shadow.numericTolerance)
        guard let left = live.answer, let right = copy.answer else { return }
        guard !left.isSettledByBytes(with: right) else {
            return state.countPair(live: live, copy: copy, agree: left.agrees(with: right, within: tolerance))
        }
        let isTaken = pending.withLock { pending in
            guard pending < Self.limit else { return false }
            pending += 1
            return true
        }
        guard isTaken else { return state.countDroppedCopy() }
        pool.submit { [self] work in
            pending.withLock { $0 -= 1 }
            guard case .active = work else { return }
            state.countPair(live: live, copy: copy, agree: left.agrees(with: right, within: tolerance))
        }
    }
}
