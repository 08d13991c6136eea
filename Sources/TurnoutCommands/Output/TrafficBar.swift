internal import Rollouts

/// Draws a percentage as a bar of fixed width, with a resolution of an eighth of a character.
struct TrafficBar: Sendable {
    /// The width in characters.
    ///
    /// Default: 20.
    var width: Int

    init(width: Int = 20) { self.width = width }

    /// Returns a bar such as `███▌      `.
    ///
    /// Any value above 0 shows at least a sliver, any below 100 at least a gap.
    func text(_ percent: Int) -> String {
        let (full, rest) = eighths(percent).quotientAndRemainder(dividingBy: 8)
        let partial = rest == 0 ? "" : Self.partials[rest - 1]
        return String(repeating: "█", count: full) + partial
            + String(repeating: " ", count: width - full - (rest == 0 ? 0 : 1))
    }

    /// Returns a bar of the actual value, with `░` for what will be added and `▒` for what will be removed.
    func text(wanted: Int, actual: Int) -> String {
        guard wanted != actual else { return text(actual) }
        let low = cells(min(wanted, actual))
        let high = max(cells(max(wanted, actual)), low + 1)
        let full = min(low, width - 1)
        let change = min(high, width) - full
        return String(repeating: "█", count: full) + String(repeating: wanted > actual ? "░" : "▒", count: change)
            + String(repeating: " ", count: width - full - change)
    }

    private static let partials = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    private func eighths(_ percent: Int) -> Int {
        let all = width * 8
        switch percent {
        case ...0: return 0
        case 100...: return all
        default: return min(max(percent * all / 100, 1), all - 1)
        }
    }

    private func cells(_ percent: Int) -> Int { (min(max(percent, 0), 100) * width + 50) / 100 }
}
