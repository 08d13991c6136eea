/// Evidence that the candidate fails more often than the control in mirrored pairs.
///
/// H0: among the pairs of which only one half failed, the candidate's part is ≤ ½. With n10 pairs of which only the
/// candidate failed and n01 of which only the control failed, a Beta(1, 1) mixture truncated to (½, 1) gives E =
/// 2^(n10+n01) · B(1+n10, 1+n01) · [1−I_½(1+n10, 1+n01)] / ½.
struct PairedFailures: Hashable, Sendable, Codable {
    private(set) var onlyMirror = 0
    private(set) var onlyLive = 0

    mutating func add(onlyMirror newMirror: Int, onlyLive newLive: Int) {
        onlyMirror = onlyMirror.addingClamped(newMirror)
        onlyLive = onlyLive.addingClamped(newLive)
    }

    var logE: Double {
        let green = 1 + Double(onlyMirror)
        let blue = 1 + Double(onlyLive)
        let ln2 = Mathematics.log(2)
        return (green + blue - 2) * ln2 + Beta.log(green, blue) + Beta.logUpperHalf(green, blue) + ln2
    }
}
