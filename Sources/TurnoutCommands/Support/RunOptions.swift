internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Synchronization

/// The options of commands that work on a run.
struct RunOptions: ParsableArguments {
    @Flag(help: "Wait at gates until they are decided, instead of exiting with 11.")
    var wait = false

    @Flag(help: "Print one JSON object per event, and the run's status last.")
    var json = false

    /// Performs `operation` on a run, and shows its progress, until the run stops or a signal arrives.
    ///
    /// - Returns: The outcome, and the exit status for it.
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

    /// Prints a line; with `--json`, to standard error, because standard output is reserved for JSON.
    func say(_ text: String) {
        if json { Notices.say(text) } else { StandardOutput.shared.line(text) }
    }

    /// Reports which process continues a run for which a request was recorded.
    func leave(
        _ run: RunID, to holder: LeaseHolder?, on service: RolloutService, say: ((String) -> Void)? = nil
    ) async throws -> ExitStatus {
        let say = say ?? self.say

        guard holder == nil else {
            guard wait else {
                say("the process that is working on \(run) will carry it out")
                try summarize(run, on: service)
                return .finished
            }
            return try await follow(run, on: service)
        }
        let next = NextCommand(try service.situation(of: run)).text ?? "turnout status \(run)"
        say("no process is working on \(run); next: \(next)")
        try summarize(run, on: service)
        return .finished
    }

    /// With `--json`, prints the state of a run that this command has not worked on.
    func summarize(_ run: RunID, on service: RolloutService) throws {
        guard json else { return }
        JSONDisplay().end(try service.end(of: run))
    }

    /// Waits for a run that another process is working on, and shows how it ended.
    func follow(_ run: RunID, on service: RolloutService) async throws -> ExitStatus {
        try await perform(on: service) { _ in .end(try await service.follow(run)) }.status
    }
}

/// Connects a display with the signals that end the work.
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

    /// Performs `operation`, and returns its outcome and the first signal, if any.
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
