internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// Shows a run repeatedly until it ends.
///
/// A run that waits may be continued by another process.
struct RunWatch {
    var service: RolloutService
    var run: RunID
    var json: Bool

    func follow() async throws {
        let viewer = RunViewer(run, of: service)
        do { try await follow(viewer) } catch {
            await viewer.close()
            throw error
        }
        await viewer.close()
    }

    private func follow(_ viewer: RunViewer) async throws {
        let terminal = Terminal.standardOutput
        let redraws = terminal.isInteractive && !json
        var shown = ""
        var height = 0
        while true {
            let view = RunPresentation(try await viewer.view())
            let text = json ? try JSONText.line(view.report) : view.text(redraws ? .standardOutput : terminal)
            // Ages and counts are updated on a terminal, but are no reason for another line elsewhere.
            let news = try JSONText.line(view.news)
            if redraws {
                StandardOutput.shared.write(Self.redrawing(text, over: height))
                height = Self.height(of: text, columns: terminal.columns)
            } else if news != shown {
                StandardOutput.shared.line(shown.isEmpty || json ? text : "\n" + text)
            }
            shown = news
            if view.record.status.isEnded || !StandardOutput.shared.isOpen { return }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Returns how many terminal lines the text takes when long lines wrap.
    static func height(of text: String, columns: Int) -> Int {
        text.split(separator: "\n", omittingEmptySubsequences: false).reduce(0) { height, line in
            var visible = 0
            var isEscape = false
            for character in line {
                if isEscape {
                    isEscape = character != "m"
                } else if character == "\u{1B}" {
                    isEscape = true
                } else {
                    visible += 1
                }
            }
            return height + max((visible + columns - 1) / columns, 1)
        }
    }

    /// Returns the text that moves up over `height` lines, and clears every line before rewriting it.
    private static func redrawing(_ text: String, over height: Int) -> String {
        let up = height > 0 ? "\u{1B}[\(height)A\r" : ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return up + lines.map { "\u{1B}[2K\($0)\n" }.joined() + "\u{1B}[J"
    }
}

extension RunPresentation {
    /// The report without the time of the observation and the clients' counts, which are no reason for another line.
    fileprivate var news: RunReport {
        var report = report
        (report.clients, report.observed) = (nil, nil)
        return report
    }
}
