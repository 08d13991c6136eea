internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Synchronization

/// Shows a run as one JSON object per line; the last one is the output of `status --json`.
final class JSONDisplay: RunDisplay {
    private let output = StandardOutput.shared
    private let run = Mutex<(id: RunID?, stages: [String])>((nil, []))

    func begin(_ plan: Plan, _ state: RunState) {
        let stages = state.stages.map(\.name)
        run.withLock { $0 = (state.record.id, stages) }
        if case .starting = state.record.phase {
            let started = RunEvent.runStarted(
                state.record, inherited: Array(state.stages.prefix(state.record.position)))
            write(EventReport(at: state.record.started, run: state.record.id, stage: nil, event: started))
        }
        let servers = Servers(of: plan, on: state.record.latest.snapshot)
        guard !servers.isEmpty else { return }
        write(NewsReport(run: state.record.id, event: "endpoint.servers", servers: servers))
    }

    func show(_ progress: Runner.Progress) {
        guard case .committed(let events, _) = progress else { return }
        let (id, stages) = run.withLock { $0 }
        guard let id else { return }
        for event in events {
            let stage = event.stage.flatMap { stages.indices.contains($0) ? stages[$0] : nil }
            write(EventReport(at: event.at, run: id, stage: stage, event: event.event))
        }
    }

    func output(_ line: String, of stage: String) {
        guard let id = run.withLock({ $0.id }) else { return }
        write(OutputReport(run: id, stage: stage, message: line))
    }

    func tell(_ end: RunEnd) { self.end(end) }

    func hear(_ news: BackendNotice) {
        guard let id = run.withLock({ $0.id }) else { return }
        switch news {
        case .serving(let address): write(NewsReport(run: id, event: "endpoint.serving", scoringURI: address))
        case .note(let text): write(NewsReport(run: id, event: "note", message: text))
        case .clients: break  // included in the last line
        }
    }

    func end(_ end: RunEnd) { write(end.report) }

    private func write(_ value: some Encodable) {
        do {
            output.line(try JSONText.line(value))
        } catch {
            Notices.warn("could not encode a line of JSON: \(error)")
        }
    }

    /// A notice of the backend.
    private struct NewsReport: Encodable {
        var run: RunID
        var event: String
        var message: String?
        var scoringURI: String?
        var servers: Servers?

        private enum CodingKeys: String, CodingKey {
            case run, event, message, servers
            case scoringURI = "scoring_uri"
        }
    }

    /// An output line of a stage's program.
    private struct OutputReport: Encodable {
        var run: RunID
        var stage: String
        var event = "program.output"
        var message: String
    }
}
