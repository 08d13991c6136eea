internal import Rollouts

/// What the clients of a run have met: a second witness, beside what the endpoint counts of itself.
///
/// Times are from the moment at which a request was due, so that a server which answers nobody for a while is seen.
struct ClientsReport: Codable, Hashable, Sendable {
    /// Requests that were due.
    var sent: Int
    /// Those that were answered with 200.
    var succeeded: Int
    /// All others that are over: answered otherwise, broken off, or not sent because too many were under way.
    var failed: Int
    /// Those that were not over when they were counted, or when the process that sent them ended.
    var inFlight = 0
    /// What they failed with, and how often: `424`, `timed out`.
    var failures: [String: Int]
    var p50: Int?
    var p99: Int?
    var slowest: Int?

    private enum CodingKeys: String, CodingKey {
        case sent, succeeded, failed, failures
        case inFlight = "in_flight"
        case p50 = "p50_milliseconds"
        case p99 = "p99_milliseconds"
        case slowest = "slowest_milliseconds"
    }

    /// `clients: 30012 requests, none failed; p50 41 ms, p99 207 ms from when each was due`.
    func text(_ style: Style) -> String {
        let count = "\(sent) request\(sent == 1 ? "" : "s")"
        let kinds = failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) × \($0.key)" }
        let share = sent == 0 ? "" : " (\(Self.percent(failed, of: sent)) %)"
        let failed =
            failed == 0
            ? "none failed"
            : style("\(failed) failed", .red) + share + (kinds.isEmpty ? "" : ": " + kinds.joined(separator: ", "))
        let open = inFlight == 0 ? "" : ", \(inFlight) without an answer yet"
        guard let p50, let p99 else { return "clients: \(count), \(failed)\(open)" }
        return "clients: \(count), \(failed)\(open); p50 \(p50) ms, p99 \(p99) ms "
            + "from when each was due"
    }

    /// The same in lines of at most `width` characters.
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
