internal import NIOCore
internal import NIOPosix
package import Rollouts
internal import Synchronization

/// Generates a playbook's `load`: a constant number of requests a second, however the server responds.
///
/// This is an open loop: a request is sent when it is due, not when the previous one was answered. The number of
/// requests in flight is bounded; requests that are due beyond that bound are counted as dropped instead of sent. All
/// work is done on one event loop.
package final class LoadGenerator: Sendable {
    struct Settings: Hashable {
        var rate: Double
        var maxInFlight: Int
        var timeout: Interval
    }

    private let settings: Settings
    private let shared: LoadState

    /// Creates a generator that sends `body` as JSON to `url`, a plain HTTP scoring URL, `rate` times a second.
    ///
    /// A request without an answer after `timeout` is counted as late. The timeout should be longer than the endpoint's
    /// own request timeout.
    ///
    /// - Throws: ``LoadError`` if the rate is not in (0, 1000000], `maxInFlight` is not positive, or the URL or key
    ///   is invalid.
    package init(
        url: String, key: String, body: String, rate: Double, maxInFlight: Int = 1000, timeout: Interval = .seconds(190)
    ) throws(LoadError) {
        guard rate > 0, rate <= 1_000_000 else {
            throw LoadError(message: "a rate of \(rate)/s is out of range: expected more than 0/s, at most 1000000/s")
        }
        guard maxInFlight > 0 else {
            throw LoadError(message: "at most \(maxInFlight) requests in flight: expected at least 1")
        }
        settings = Settings(rate: rate, maxInFlight: maxInFlight, timeout: timeout)
        shared = LoadState(target: try LoadTarget(url: url, key: key, body: body))
    }

    /// The counts and latencies so far.
    package var report: LoadReport { shared.report.withLock { $0 } }

    /// Sends all further requests to `url` with `key`; requests in flight are not affected.
    package func retarget(url: String, key: String) throws(LoadError) {
        let target = try LoadTarget(url: url, key: key, body: shared.target.withLock { $0.body })
        shared.target.withLock { $0 = target }
    }

    /// Sends requests until the task is cancelled, then waits up to one second for answers to requests in flight.
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
                // This fails only if the event loop is shut down, that is, when the process is ending.
            }
        } onCancel: {
            stop.request()
        }
    }
}

/// State shared by the generator's owner and its event loop.
final class LoadState: Sendable {
    let target: Mutex<LoadTarget>
    let report = Mutex(LoadReport())

    init(target: LoadTarget) { self.target = Mutex(target) }
}

/// Passes on the order to stop to the client, whether the order comes before or after the client has started.
private final class LoadStop: Sendable {
    private struct State {
        var isRequested = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    func set(_ action: @escaping @Sendable () -> Void) {
        let isRequested = state.withLock { state in
            state.action = action
            return state.isRequested
        }
        if isRequested { action() }
    }

    func request() {
        let action = state.withLock { state in
            state.isRequested = true
            return state.action
        }
        action?()
    }
}
