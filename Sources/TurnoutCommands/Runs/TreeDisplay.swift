internal import RolloutEngine
internal import Rollouts

/// Stand-in until the tree is drawn.
final class TreeDisplay: RunDisplay {
    private let lines: LineDisplay
    init(style: Style, asks: Bool) { lines = LineDisplay(style: style) }
    func begin(_ plan: Plan, _ state: RunState) { lines.begin(plan, state) }
    func show(_ progress: Runner.Progress) { lines.show(progress) }
    func output(_ line: String, of stage: String) { lines.output(line, of: stage) }
    func end(_ end: RunEnd) { lines.end(end) }
}
