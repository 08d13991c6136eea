internal import NIOCore

/// A live request and its copy, tracked until both have ended.
final class MirrorPair {
    /// The result of one of the two requests.
    struct End: Sendable {
        /// The answer; `nil` if the request failed.
        var answer: ComparedBody?
        var nanoseconds: UInt64
    }

    private let shadow: CompiledDeployment
    private let comparisons: Comparisons
    private var live: End?
    /// The copy while it is in flight.
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
