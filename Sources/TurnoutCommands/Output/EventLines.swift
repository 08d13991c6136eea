internal import RolloutEngine
internal import Rollouts

/// One line per event, for logs and pipes: `12:03:04 canary     traffic {blue: 90, green: 10}`.
struct EventLines {
    /// Characters of the column of stages.
    private let width: Int
    private let style: Style
    private var day = ""

    init(stages: [String], style: Style) {
        width = min(max(stages.map(\.count).max() ?? 0, 8), 24)
        self.style = style
    }

    /// The lines for one event: it, and the day before it when a new one has begun.
    mutating func lines(_ event: StampedEvent, stage: String?) -> [String] {
        let (day, time) = Self.parts(of: event.at)
        let head = style.dim(time) + " " + (stage ?? "").cut(to: width).padded(to: width)
        let line = head + " " + style(event.event.sentence.printable, event.event.tint)
        guard day != self.day else { return [line] }
        defer { self.day = day }
        return [style.dim("-- \(day) (UTC)"), line]
    }

    /// A line that a program wrote.
    func output(_ text: String, stage: String) -> String {
        "         " + stage.cut(to: width).padded(to: width) + style.dim(" | ") + text.printable
    }

    private static func parts(of moment: Timestamp) -> (day: String, time: String) {
        let text = moment.short
        guard text.count == 19 else { return ("", text) }
        return (String(text.prefix(10)), String(text.suffix(8)))
    }
}
