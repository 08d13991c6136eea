internal import NIOPosix
internal import Synchronization

/// Compares answers; comparisons that need more than the bytes run on a separate thread, so that they do not block an
/// event loop.
final class Comparisons: Sendable {
    private let pool: NIOThreadPool
    private let pending = Mutex(0)
    /// The maximum number of pending comparisons; further pairs are dropped and counted as such.
    private static let limit = 256

    /// Creates comparisons that run on `pool`, which the owner starts and shuts down.
    init(pool: NIOThreadPool) { self.pool = pool }

    /// Compares the two answers of a pair; both requests must have been answered.
    func compare(_ live: MirrorPair.End, _ copy: MirrorPair.End, for shadow: CompiledDeployment) {
        let (state, tolerance) = (shadow.state, shadow.numericTolerance)
        guard let left = live.answer, let right = copy.answer else { return }
        guard !left.isDecidedByBytes(with: right) else {
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
