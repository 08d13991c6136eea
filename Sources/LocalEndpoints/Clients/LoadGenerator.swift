internal import NIOCore
internal import NIOPosix
package import Rollouts
internal import Synchronization

/// Clients of an endpoint, as a playbook's `load` has them: so many requests a second, whatever the server does.
///
/// An open loop: a request is sent when it is due, not when the one before was answered. How many may be in flight at
/// once is bounded; what is due beyond that is not sent, and counted. One event loop does all the work.
package final class LoadGenerator: Sendable {
    struct Settings: Hashable {
        var rate: Double
        var maxInFlight: Int
        var timeout: Interval
    }

    private let settings: Settings
    private let shared: LoadState

    /// Sends `body` as JSON to `url`, a scoring URL of plain HTTP, `rate` times a second.
    ///
    /// A request that has no answer after `timeout` is given up; it should be longer than the endpoint's own.
    package init(
        url: String, key: String, body: String, rate: Double, maxInFlight: Int = 1000, timeout: Interval = .seconds(190)
    ) throws(LoadProblem) {
        guard rate > 0, rate <= 1_000_000, maxInFlight > 0 else {
            throw LoadProblem(message: "a rate of \(rate)/s is out of range: expected more than 0/s, at most 1000000/s")
        }
        settings = Settings(rate: rate, maxInFlight: maxInFlight, timeout: timeout)
        shared = LoadState(target: try LoadTarget(url: url, key: key, body: body))
    }

    /// What was seen so far.
    package var report: LoadReport { shared.report.withLock { $0 } }

    /// From now on requests go to `url` with `key`; those in flight stay where they are.
    package func retarget(url: String, key: String) throws(LoadProblem) {
        let target = try LoadTarget(url: url, key: key, body: shared.target.withLock { $0.body })
        shared.target.withLock { $0 = target }
    }

    /// Sends until it is cancelled; answers to what is in flight then are waited for a second.
    package func run() async {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let stop = LoadStop()
        await withTaskCancellationHandler {
            do {
                try await loop.flatSubmit { [settings, shared] in
                    let client = LoadClient(settings, shared, loop: loop)
                    let bound = NIOLoopBound(client, eventLoop: loop)
                    stop.set { loop.execute { bound.value.stop() } }
                    return client.run()
                }.get()
            } catch {
                // Only a loop that is shut down fails: then the process is at its end.
            }
        } onCancel: {
            stop.tell()
        }
    }
}

/// What the generator's owner and its event loop both see.
final class LoadState: Sendable {
    let target: Mutex<LoadTarget>
    let report = Mutex(LoadReport())

    init(target: LoadTarget) { self.target = Mutex(target) }
}

/// Tells the client to stop, whether the order comes before it has begun or after.
private final class LoadStop: Sendable {
    private struct State {
        var isTold = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    func set(_ action: @escaping @Sendable () -> Void) {
        let isTold = state.withLock { state in
            state.action = action
            return state.isTold
        }
        if isTold { action() }
    }

    func tell() {
        let action = state.withLock { state in
            state.isTold = true
            return state.action
        }
        action?()
    }
}
