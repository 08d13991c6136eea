internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Synchronization

/// Shows a run as a tree that is redrawn in place, and asks for approvals below it.
final class TreeDisplay: RunDisplay {
    private let style: Style
    private let keys: KeyReader?
    private let service: RolloutService
    private let output = StandardOutput.shared
    private let picture = Mutex(Picture())

    private struct Picture {
        var tree: LiveTree?
        var prompt: GatePrompt?
        /// The text that was drawn last, to be overwritten.
        var drawn = ""
        var size: [Int] = []
        var isOver = false
    }

    /// Makes a display; with `asks`, a person at the keyboard can decide gates in place.
    init(style: Style, asks: Bool, service: RolloutService) {
        self.style = style
        self.service = service
        keys = asks ? KeyReader() : nil
    }

    func begin(_ plan: Plan, _ state: RunState) {
        keys?.start()
        output.write(Screen.hideCursor)
        picture.withLock { $0.tree = LiveTree(plan: plan, state: state) }
        draw()
    }

    func show(_ progress: Runner.Progress) {
        picture.withLock { picture in
            picture.tree?.take(progress)
            guard let record = picture.tree?.state.record else { return }
            if case .waiting(let gate) = record.phase {
                if picture.prompt?.gate != gate { picture.prompt = keys.map { _ in GatePrompt(gate: gate) } }
            } else {
                picture.prompt = nil
            }
        }
    }

    func output(_ line: String, of stage: String) {
        picture.withLock { $0.tree?.said = line }
    }

    func hear(_ news: BackendNotice) {
        picture.withLock { $0.tree?.hear(news) }
    }

    func live() async {
        do {
            while true {
                for key in keys?.read() ?? [] { press(key) }
                draw()
                try await Task.sleep(for: .milliseconds(100))
            }
        } catch {
            return  // cancelled: the run is over
        }
    }

    func end(_ end: RunEnd) {
        picture.withLock { picture in
            let terminal = Terminal.standardOutput
            let tree = RunTree(
                situation: end.situation, now: picture.tree?.now ?? end.record.started, style: style,
                columns: terminal.columns,
                clients: end.clients, servers: Servers(of: end.plan, by: end.record))
            var lines = tree.lines()
            if end.isInterrupted { lines.insert(style("interrupted; all progress is saved", .yellow), at: 0) }
            output.write(Screen.redrawing(lines, over: picture.drawn, columns: terminal.columns) + Screen.showCursor)
            picture.isOver = true
        }
        keys?.stop()
    }

    func abandon() {
        keys?.stop()
        picture.withLock { $0.isOver = true }
        output.write(Screen.showCursor)
    }

    private func draw() {
        picture.withLock { picture in
            guard !picture.isOver, let tree = picture.tree else { return }
            let terminal = Terminal.standardOutput
            let footer = picture.prompt?.lines(tree, style, columns: terminal.columns) ?? []
            let lines = tree.lines(style, columns: terminal.columns, rows: terminal.rows, footer: footer)
            let text = lines.joined(separator: "\n")
            let size = [terminal.columns, terminal.rows]
            guard text != picture.drawn || size != picture.size else { return }
            if !picture.size.isEmpty, size != picture.size {
                // It is unknown how the terminal has rewrapped the previous lines.
                output.write(Screen.clear)
                picture.drawn = ""
            }
            picture.size = size
            output.write(Screen.redrawing(lines, over: picture.drawn, columns: terminal.columns))
            picture.drawn = text
        }
    }

    private func press(_ key: KeyReader.Key) {
        let decision = picture.withLock { picture in
            let decision = picture.prompt?.press(key)
            return decision.flatMap { decision in picture.tree.map { (decision, $0.state.record.id) } }
        }
        guard let (decision, run) = decision else { return }
        let answer = submit(decision, run)
        picture.withLock { $0.prompt?.notice = answer }
    }

    /// Submits the decision, and returns the result as a sentence.
    private func submit(_ decision: GatePrompt.Decision, _ run: RunID) -> String {
        do {
            let made = try service.decide(decision.kind, on: run, reason: decision.reason)
            return "\(decision.kind == .approve ? "approved" : "rejected") by \(made.request.by)"
        } catch {
            return "\(error)"
        }
    }
}
