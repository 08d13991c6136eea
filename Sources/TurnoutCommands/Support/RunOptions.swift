internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Synchronization

/// How a command that works on a run shows it, and whether it stays for people.
struct RunOptions: ParsableArguments {
    @Flag(help: "Stay at a gate until it is decided, instead of leaving with 11.")
    var wait = false

    @Flag(help: "Write one JSON object per line, and at last the run's status.")
    var json = false

    /// Works on a run as it is shown to a person or a program, until it stops or a signal comes.
    ///
    /// - Returns: What became of it, and the exit status that it comes to.
    func perform(
        on service: RolloutService, _ operation: @escaping @Sendable (WorkOptions) async throws -> RunOutcome
    ) async throws -> (outcome: RunOutcome, status: ExitStatus) {
        let terminal = Terminal.standardOutput
        let asks = !json && terminal.isInteractive && KeyReader.isPossible
        let show = RunShow(display(on: service, asks: asks))
        let options = WorkOptions(
            observer: show, waitsForPeople: wait || asks, isWatched: !json && terminal.isInteractive)
        do {
            let (outcome, signal) = try await show.work { try await operation(options) }
            guard case .end(let end) = outcome else { return (outcome, .finished) }
            show.end(end)
            guard end.isInterrupted else { return (outcome, end.record.status.exitStatus) }
            return (outcome, signal?.exitStatus ?? .interrupted)
        } catch {
            show.abandon()
            throw error
        }
    }

    private func display(on service: RolloutService, asks: Bool) -> any RunDisplay {
        guard !json else { return JSONDisplay() }
        let terminal = Terminal.standardOutput
        guard terminal.isInteractive else { return LineDisplay(style: terminal.style) }
        return TreeDisplay(style: terminal.style, asks: asks, service: service)
    }

    /// Says a line of a command; with `--json`, standard output is the run's alone.
    func say(_ text: String) {
        if json { Notices.say(text) } else { StandardOutput.shared.line(text) }
    }

    /// Says who goes on with a run of which something was kept.
    func leave(
        _ run: RunID, to holder: LeaseHolder?, on service: RolloutService, say: ((String) -> Void)? = nil
    ) async throws -> ExitStatus {
        let say = say ?? self.say

        guard holder == nil else {
            guard wait else {
                say("the process that works on \(run) takes it up")
                try summarize(run, on: service)
                return .finished
            }
            return try await follow(run, on: service)
        }
        let next = NextCommand(try service.situation(of: run)).text ?? "turnout status \(run)"
        say("no process works on \(run); next: \(next)")
        try summarize(run, on: service)
        return .finished
    }

    /// With `--json`, ends with how the run stands, which this command has not worked on.
    func summarize(_ run: RunID, on service: RolloutService) throws {
        guard json else { return }
        JSONDisplay().end(try service.end(of: run))
    }

    /// Follows a run on which another process works, and says how it ended.
    func follow(_ run: RunID, on service: RolloutService) async throws -> ExitStatus {
        try await perform(on: service) { _ in .end(try await service.follow(run)) }.status
    }
}

/// A display from its first line to its last, with the signals that end the work.
private final class RunShow: RunObserver {
    private let display: any RunDisplay
    private let (signals, continuation) = AsyncStream.makeStream(of: Signals.Kind.self)
    /// Set once the work has begun; before that, a signal ends the process at once.
    private let handler = Mutex<Signals?>(nil)

    init(_ display: any RunDisplay) { self.display = display }

    func begin(_ plan: Plan, _ state: RunState) {
        let (display, continuation) = (display, continuation)
        handler.withLock { $0 = Signals(Composition.current.signals, to: continuation) { display.abandon() } }
        display.begin(plan, state)
    }

    func show(_ progress: Runner.Progress) { display.show(progress) }
    func output(_ line: String, of stage: String) { display.output(line, of: stage) }
    func hear(_ notice: BackendNotice) { display.hear(notice) }
    func abandon() { display.abandon() }

    func end(_ end: RunEnd) {
        guard handler.withLock({ $0 != nil }) else { return display.tell(end) }
        display.end(end)
    }

    /// What `operation` comes to, and the signal that came first, if one did.
    func work(
        _ operation: @escaping @Sendable () async throws -> RunOutcome
    ) async throws -> (RunOutcome, Signals.Kind?) {
        enum Part: Sendable {
            case ended(RunOutcome)
            case signalled(Signals.Kind)
            case shown
        }
        let (display, signals) = (display, signals)
        return try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask { .ended(try await operation()) }
            group.addTask {
                for await signal in signals { return .signalled(signal) }
                return .shown
            }
            group.addTask {
                await display.live()
                return .shown
            }
            defer { group.cancelAll() }
            var signal: Signals.Kind?
            while let part = try await group.next() {
                switch part {
                case .ended(let outcome): return (outcome, signal)
                case .signalled(let kind):
                    signal = kind
                    group.cancelAll()
                case .shown: continue
                }
            }
            throw CancellationError()
        }
    }
}
