internal import NIOCore

/// A live request and its copy, until both have ended.
final class MirrorPair {
    /// How one of the two ended.
    enum End {
        case answered(ComparedBody)
        case failed
    }

    private let shadow: DeploymentState
    private let comparisons: Comparisons
    private var live: End?
    private var copy: End?

    init(shadow: DeploymentState, comparisons: Comparisons) {
        self.shadow = shadow
        self.comparisons = comparisons
    }

    func endLive(_ end: End) {
        live = end
        settle()
    }

    func endCopy(_ end: End) {
        copy = end
        settle()
    }

    private func settle() {
        guard let live, let copy else { return }
        switch (live, copy) {
        case (.failed, .failed): shadow.countPair(liveFailed: true, copyFailed: true, agree: true)
        case (.failed, .answered): shadow.countPair(liveFailed: true, copyFailed: false, agree: true)
        case (.answered, .failed): shadow.countPair(liveFailed: false, copyFailed: true, agree: true)
        case (.answered(let left), .answered(let right)): comparisons.compare(left, right, for: shadow)
        }
    }
}
