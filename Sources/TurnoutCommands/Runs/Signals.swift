internal import Dispatch
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Handles SIGINT and SIGTERM: the first is reported, a second one ends the process at once; both are safe (JSON.md).
final class Signals: @unchecked Sendable {
    enum Kind: Int32, Sendable {
        case interrupt = 2
        case terminate = 15

        var exitStatus: ExitStatus { self == .interrupt ? .interrupted : .terminated }
    }

    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - kinds: The signals to handle. Default: both.
    ///   - continuation: Receives the first signal.
    ///   - abandon: Called before a second signal ends the process.
    init(
        _ kinds: [Kind] = [.interrupt, .terminate], to continuation: AsyncStream<Kind>.Continuation,
        abandon: @escaping @Sendable () -> Void
    ) {
        let count = Counter()
        sources = kinds.map { kind in
            signal(kind.rawValue, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: kind.rawValue, queue: .global())
            source.setEventHandler {
                guard count.next() == 1 else {
                    abandon()
                    _exit(kind.exitStatus.rawValue)
                }
                continuation.yield(kind)
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
