#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import Dispatch
internal import Rollouts
internal import Synchronization

/// A pipe into which a process says its lines, read by a queue and told one by one.
///
/// Not swift-subprocess' own stream: that one ends only when the last process that holds the pipe has ended, which may
/// be a worker that outlives the server whose end is to be noticed at once.
final class OutputPipe: Sendable {
    /// Belongs to the process, and is closed once it was started.
    let writeEnd: Int32

    /// Never changed, and dispatch lets any thread cancel it.
    private nonisolated(unsafe) let source: any DispatchSourceRead
    private let ended = AsyncStream.makeStream(of: Void.self)
    private let kept: Mutex<(splitter: LineSplitter, last: [String])>

    /// Lines that are remembered, to find the reason of an end among them, and how many of them are shown.
    private static let remembered = 100
    private static let shown = 8

    init(line: @escaping @Sendable (String) -> Void) throws(InstanceProblem) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw InstanceProblem(
                code: "ResourceNotReady", message: "no pipe is to be had: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let readEnd = ends[0]
        _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
        writeEnd = ends[1]
        kept = Mutex((LineSplitter(), []))
        source = DispatchSource.makeReadSource(
            fileDescriptor: readEnd, queue: DispatchQueue(label: "turnout.output", qos: .utility))
        source.setEventHandler { [weak self] in self?.read(readEnd, line) }
        source.setCancelHandler { [ended] in
            close(readEnd)
            ended.continuation.finish()
        }
        source.activate()
    }

    deinit { source.cancel() }

    /// The last lines that were said.
    var lastLines: [String] { kept.withLock { $0.last.suffix(Self.shown) } }

    /// The line that says best why the process ended; empty where it said nothing.
    var summary: String { ProgramError.summary(of: kept.withLock { $0.last }) }

    /// The error that it has told so far; nil where it has told none.
    var error: String? { ProgramError.error(in: kept.withLock { $0.last }) }

    /// Returns when all was read, or after `limit`, if some process keeps the pipe open.
    func finish(within limit: Duration) async {
        await withTaskGroup { group in
            group.addTask { [ended] in for await _ in ended.stream {} }
            group.addTask {
                do { try await Task.sleep(for: limit) } catch { /* cancelled: all was read */  }
            }
            await group.next()
            group.cancelAll()
        }
        source.cancel()
    }

    private func read(_ descriptor: Int32, _ line: (String) -> Void) {
        let (count, bytes) = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
            let count = Self.read(descriptor, buffer)
            return (count, count > 0 ? Array(buffer.prefix(count)) : [])
        }
        guard count != 0 else {
            if let last = kept.withLock({ $0.splitter.finish() }) { tell([last], line) }
            return source.cancel()
        }
        // Interrupted, or nothing there after all: the source says when there is.
        guard count > 0 else { return }
        tell(kept.withLock { $0.splitter.receive(bytes) }, line)
    }

    private func tell(_ lines: [String], _ line: (String) -> Void) {
        kept.withLock { $0.last = ($0.last + lines).suffix(Self.remembered) }
        lines.forEach(line)
    }

    private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #else
            Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }
}
