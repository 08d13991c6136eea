internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// Formats events as lines for logs and pipes: `12:03:04 canary     traffic {blue: 90, green: 10}`.
struct EventLines {
    /// The width of the stage column in characters.
    private let width: Int
    private let style: Style
    private var day = ""
    /// The remaining steps of the attempt, to name the change that is accepted.
    private var steps: ArraySlice<Step> = []
    private var change = ""
    /// The evidence of the present analysis that was printed last, and when.
    private var evidence: (told: EvidenceProgress, at: Timestamp)?
    /// The reason of failure that was printed last, so that it is not repeated.
    private var reason = ""

    init(stages: [String], style: Style) {
        width = min(max(stages.map(\.count).max() ?? 0, 8), 24)
        self.style = style
    }

    /// Returns the lines for an event: the date if it has changed, and the event.
    mutating func lines(_ event: StampedEvent, stage: String?) -> [String] {
        follow(event.event)
        guard isNews(event) else { return [] }
        let (day, time) = Self.parts(of: event.at)
        let head = style.dim(time) + " " + (stage ?? "").cut(to: width).padded(to: width)
        let line = head + " " + style(sentence(event.event).printable, event.event.tint)
        if let told = event.event.failureReason { reason = told }
        guard day != self.day else { return [line] }
        defer { self.day = day }
        return [style.dim("-- \(day) (UTC)"), line]
    }

    /// The minimum time between lines about evidence without progress.
    private static let silence = Interval.minutes(5)

    /// Whether to print the event; false for a reading without progress.
    private mutating func isNews(_ event: StampedEvent) -> Bool {
        guard case .evidenceGathered(let analysis, _) = event.event else {
            if case .analysisStarted = event.event { evidence = nil }
            return true
        }
        let progress = EvidenceProgress(analysis)
        if let evidence, !progress.isNews(beyond: evidence.told), event.at - evidence.at < Self.silence { return false }
        evidence = (progress, event.at)
        return true
    }

    private func sentence(_ event: RunEvent) -> String {
        switch event {
        case .changeAccepted where !change.isEmpty: "\(change): accepted"
        case .stageFailed(let again) where again == reason: "the stage failed"
        case .rollBackStarted(let rollBack) where !reason.isEmpty && rollBack.cause.hasSuffix(reason): "rolling back"
        case .runEnded(let status, let cause, let observed) where !reason.isEmpty && cause.contains(reason):
            status.words + (observed == .never ? "" : "; \(observed.words)")
        default: event.sentence
        }
    }

    private mutating func follow(_ event: RunEvent) {
        switch event {
        case .attemptStarted(let attempt): steps = attempt.steps.dropFirst(attempt.step)
        case .stepDone: steps = steps.dropFirst()
        case .rollBackIntended(let intended, _):
            change = "\(intended)"
            return
        default: return
        }
        guard case .change(let next)? = steps.first else {
            change = ""
            return
        }
        change = "\(next)"
    }

    /// Formats an output line of a program.
    func output(_ text: String, stage: String) -> String {
        "         " + stage.cut(to: width).padded(to: width) + style.dim(" | ") + text.printable
    }

    private static func parts(of moment: Timestamp) -> (day: String, time: String) {
        let text = moment.short
        guard text.count == 19 else { return ("", text) }
        return (String(text.prefix(10)), String(text.suffix(8)))
    }
}

extension RunEvent {
    /// Why something failed, if the event is the first to report it.
    fileprivate var failureReason: String? {
        switch self {
        case .attemptFailed(let reason, _), .gateRefused(let reason), .stageFailed(let reason): reason
        default: nil
        }
    }
}
