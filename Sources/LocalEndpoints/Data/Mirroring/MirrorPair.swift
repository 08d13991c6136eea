internal import NIOCore

/// A live request and its copy, until both have ended.
final class MirrorPair {
    /// How one of the two ended.
    struct End: Sendable {
        /// Nil where it failed.
        var answer: ComparedBody?
        var nanoseconds: UInt64
    }

    private let shadow: CompiledDeployment
    private let comparisons: Comparisons
    private var live: End?
    /// While it is under way.
    weak var copyUnderWay: MirrorCopy?
    private var copy: End?

    init(shadow: CompiledDeployment, comparisons: Comparisons) {
        self.shadow = shadow
        self.comparisons = comparisons
    }

    func endLive(_ end: End) {
        live = end
        copyUnderWay?.liveEnded(after: .nanoseconds(Int64(clamping: end.nanoseconds)))
        settle()
    }

    func endCopy(_ end: End) {
        copy = end
        settle()
    }

    private func settle() {
        guard let live, let copy else { return }
        if live.answer == nil || copy.answer == nil {
            shadow.state.countPair(live: live, copy: copy, agree: nil)
        } else {
            comparisons.compare(live, copy, for: shadow)
        }
    }
}
