internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support
internal import Synchronization

/// Shows a run as one line per event.
final class LineDisplay: RunDisplay {
    private let output = StandardOutput.shared
    private let style: Style
    private let lines: Mutex<EventLines>
    private let names = Mutex<[String]>([])

    init(style: Style) {
        self.style = style
        lines = Mutex(EventLines(stages: [], style: style))
    }

    func begin(_ plan: Plan, _ state: RunState) {
        let stages = state.stages.map(\.name)
        names.withLock { $0 = stages }
        lines.withLock { $0 = EventLines(stages: stages, style: style) }
        let record = state.record
        let parent = record.parent.map { ", forked from \($0.run) at \($0.stage)" } ?? ""
        output.line(
            style.bold("\(record.id)") + ": \(stages.count.counted("stage")) on "
                + "\(record.backend)/\(record.endpoint)\(parent)")
        let servers = Servers(of: plan, on: record.latest.snapshot)
        for line in servers.lines(columns: Terminal.standardOutput.columns) { output.line(line) }
    }

    func show(_ progress: Runner.Progress) {
        guard case .committed(let events, _) = progress else { return }
        let names = names.withLock { $0 }
        let text = lines.withLock { lines in
            events.flatMap { event in
                lines.lines(event, stage: event.stage.flatMap { names.indices.contains($0) ? names[$0] : nil })
            }
        }
        for line in text { output.line(line) }
    }

    func output(_ line: String, of stage: String) {
        output.line(lines.withLock { $0.output(line, stage: stage) })
    }

    func hear(_ news: BackendNotice) {
        switch news {
        case .serving(let address): output.line(style.dim("clients send to ") + address)
        case .note(let text): output.line(text.printable)
        case .clients: break  // included in the last lines
        }
    }

    func end(_ end: RunEnd) {
        for line in RunEndText(end).lines(style) { output.line(line) }
    }
}
