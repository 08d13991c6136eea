internal import RolloutEngine

/// Applies colours to text, or leaves it plain.
struct Style: Sendable, Hashable {
    enum Tint: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case cyan = "36"
    }

    var isColored: Bool

    static let plain = Style(isColored: false)
    static let colored = Style(isColored: true)

    func callAsFunction(_ text: String, _ tint: Tint?) -> String {
        guard isColored, let tint, !text.isEmpty else { return text }
        return "\u{1B}[\(tint.rawValue)m\(text)\u{1B}[0m"
    }

    func bold(_ text: String) -> String { self(text, .bold) }
    func dim(_ text: String) -> String { self(text, .dim) }
}

extension StageStatus {
    /// A single-column symbol.
    var icon: String {
        switch self {
        case .pending: "○"
        case .running: "◐"
        case .waiting: "◇"
        case .held: "!"
        case .succeeded: "✓"
        case .skipped: "–"
        case .failed: "✗"
        case .rolledBack: "↩"
        }
    }

    var tint: Style.Tint {
        switch self {
        case .pending, .skipped: .dim
        case .running: .cyan
        case .waiting, .held, .rolledBack: .yellow
        case .succeeded: .green
        case .failed: .red
        }
    }
}

extension RunStatus {
    var tint: Style.Tint {
        switch self {
        case .running: .cyan
        case .waiting, .held, .rolledBack, .endedEarly: .yellow
        case .succeeded: .green
        case .failed, .aborted: .red
        }
    }
}
