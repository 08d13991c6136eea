internal import RolloutEngine
internal import Support

extension ClientCounts {
    /// For example `clients: 30012 requests, none failed; p50 41 ms, p99 207 ms (from scheduled send)`.
    func text(_ style: Style) -> String {
        let count = sent.counted("request")
        let kinds = failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) × \($0.key)" }
        let share = sent == 0 ? "" : " (\(Self.percent(failed, of: sent)) %)"
        let failed =
            failed == 0
            ? "none failed"
            : style("\(failed) failed", .red) + share + (kinds.isEmpty ? "" : ": " + kinds.joined(separator: ", "))
        let open = inFlight == 0 ? "" : ", \(inFlight) still in flight"
        guard let p50, let p99 else { return "clients: \(count), \(failed)\(open)" }
        return "clients: \(count), \(failed)\(open); p50 \(p50) ms, p99 \(p99) ms "
            + "(from scheduled send)"
    }

    /// Returns the text in lines of at most `width` characters.
    func lines(_ style: Style, width: Int) -> [String] {
        let head = "clients: "
        let count = "\(failed) failed"
        return String(text(.plain).dropFirst(head.count)).hanging(behind: head, width: width).map {
            failed == 0 ? $0 : $0.replacing(count, with: style(count, .red))
        }
    }

    private static func percent(_ part: Int, of whole: Int) -> String {
        let hundredths = (part * 10_000 + whole / 2) / whole
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
