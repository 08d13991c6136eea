internal import FoundationEssentials
internal import HTTPTransport
package import Rollouts

/// What a watch tells.
package enum WatchEvent: Hashable, Sendable {
    case added(KubernetesObject)
    case modified(KubernetesObject)
    /// The object in its last state; its resourceVersion is that of the deletion.
    case deleted(KubernetesObject)
    /// Nothing changed up to this resourceVersion, from which a later watch can begin.
    case bookmark(resourceVersion: String)
    /// What changed is not known any more (410): list again.
    case expired
}

/// One connection over which the server tells of changes; it ends when the server ends it.
///
/// It throws ``KubernetesError`` where the connection is cut, is silent for too long, or the server says what is wrong.
package struct Watch: AsyncSequence, Sendable {
    package typealias Element = WatchEvent
    package typealias Failure = any Error
    let body: HTTPBody
    let words: String

    package struct AsyncIterator: AsyncIteratorProtocol {
        private var chunks: HTTPBody.AsyncIterator
        private var lines: WatchLines
        private var pending: ArraySlice<WatchEvent> = []
        private let words: String

        init(_ watch: Watch) {
            chunks = watch.body.makeAsyncIterator()
            lines = WatchLines(request: watch.words)
            words = watch.words
        }

        package mutating func next() async throws -> WatchEvent? {
            do {
                while pending.isEmpty {
                    guard let chunk = try await chunks.next() else { return nil }
                    pending = try lines.receive(chunk)[...]
                }
            } catch let failure as TransportFailure {
                throw KubernetesError(failure, request: words)
            }
            return pending.popFirst()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

/// The lines of a watch's body, each one event, out of chunks that know nothing of lines.
struct WatchLines {
    private var rest: [UInt8] = []
    /// Up to where `rest` is known to have no end of line.
    private var searched = 0
    private let request: String

    /// More than any object that etcd takes, several times.
    static let longestLine = 32 << 20

    init(request: String) { self.request = request }

    /// The events that are complete with this chunk.
    ///
    /// What follows the last end of line waits for the next chunk: a stream that ends within a line was cut, and the
    /// event was not told.
    mutating func receive(_ chunk: [UInt8]) throws(KubernetesError) -> [WatchEvent] {
        rest += chunk
        var events: [WatchEvent] = []
        var start = 0
        while let end = rest[max(searched, start)...].firstIndex(of: UInt8(ascii: "\n")) {
            if let event = try event(rest[start..<end]) { events.append(event) }
            start = end + 1
            searched = start
        }
        rest.removeFirst(start)
        searched = rest.count
        guard rest.count <= Self.longestLine else {
            throw problem("an event is longer than \(Self.longestLine) bytes")
        }
        return events
    }

    private func problem(_ message: String) -> KubernetesError {
        KubernetesError(.malformedAnswer, message, request: request)
    }

    private func event(_ line: ArraySlice<UInt8>) throws(KubernetesError) -> WatchEvent? {
        guard line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { return nil }
        let value: Value
        do {
            value = try JSONReader.value(line)
        } catch {
            throw problem("an event is no JSON: \(error)")
        }
        guard let content = value["object"] else { throw problem("an event has no object") }
        let object = KubernetesObject(content)
        switch value["type"]?.string {
        case "ADDED": return .added(object)
        case "MODIFIED": return .modified(object)
        case "DELETED": return .deleted(object)
        case "BOOKMARK": return object.resourceVersion.map { .bookmark(resourceVersion: $0) }
        case "ERROR":
            let status = StatusAnswer(content)
            let error = KubernetesError(status?.code ?? 500, status, request: request)
            guard error.code == .expired else { throw error }
            return .expired
        // Of a later version of the protocol.
        default: return nil
        }
    }
}

extension KubernetesClient {
    /// Opens a watch from that resourceVersion on; nil begins with what there is, as `added` events.
    ///
    /// After `serverTimeout` the server ends the watch.
    package func watch(
        _ type: ResourceType, in namespace: String? = nil, labels: Selector = .everything,
        fields: [String: String] = [:], since resourceVersion: String?, serverTimeout: Interval = .minutes(5)
    ) async throws -> Watch {
        try await watch(
            type, in: namespace, labels, fields, since: resourceVersion, serverTimeout: serverTimeout)
    }

    func watch(
        _ type: ResourceType, in namespace: String?, _ labels: Selector, _ fields: [String: String],
        since resourceVersion: String?, serverTimeout: Interval, tries: Int? = nil
    ) async throws -> Watch {
        let path = try APIPath(type, in: namespace).with("watch", "true").with("allowWatchBookmarks", "true")
            .with("labelSelector", labels.description).with("fieldSelector", Self.fieldSelector(fields))
            .with("resourceVersion", resourceVersion).with("timeoutSeconds", String(serverTimeout.milliseconds / 1000))
        let words = "watch \(type)"
        var call = Call(.get, path, words)
        call.tries = tries
        return try await attempt(call) { Watch(body: $0.body, words: words) }
    }
}
