internal import FoundationEssentials
internal import HTTPTransport
package import Rollouts

/// An event of a watch.
package enum WatchEvent: Hashable, Sendable {
    case added(KubernetesObject)
    case modified(KubernetesObject)
    /// The object in its last state, with the resourceVersion of its deletion.
    case deleted(KubernetesObject)
    /// All changes up to this resourceVersion were reported; a later watch can start from it.
    case bookmark(resourceVersion: String)
    /// The changes are no longer available (410): list again.
    case expired
}

/// A connection over which the server reports changes, until the server ends it.
///
/// It throws ``KubernetesError`` if the connection is cut or silent for too long, or if the server reports an error.
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

/// Splits the body of a watch into lines, each of which is one event.
struct WatchLines {
    private var rest: [UInt8] = []
    /// The number of bytes of `rest` that contain no line break.
    private var searched = 0
    private let request: String

    /// The longest accepted line in bytes: several times the largest object that etcd accepts.
    static let longestLine = 32 << 20

    init(request: String) { self.request = request }

    /// The events that this chunk completes.
    ///
    /// Bytes after the last line break wait for the next chunk. If the stream ends within a line, it was cut and the
    /// event is
    /// lost.
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
        KubernetesError(.malformedResponse, message, request: request)
    }

    private func event(_ line: ArraySlice<UInt8>) throws(KubernetesError) -> WatchEvent? {
        guard line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { return nil }
        let value: Value
        do {
            value = try JSONReader.value(line)
        } catch {
            throw problem("an event is not valid JSON: \(error)")
        }
        guard let content = value["object"] else { throw problem("an event has no object") }
        let object = KubernetesObject(content)
        switch value["type"]?.string {
        case "ADDED": return .added(object)
        case "MODIFIED": return .modified(object)
        case "DELETED": return .deleted(object)
        case "BOOKMARK": return object.resourceVersion.map { .bookmark(resourceVersion: $0) }
        case "ERROR":
            let status = StatusResponse(content)
            let error = KubernetesError(status?.code ?? 500, status, request: request)
            guard error.code == .expired else { throw error }
            return .expired
        // From a newer version of the protocol.
        default: return nil
        }
    }
}

extension KubernetesClient {
    /// Opens a watch from a resourceVersion; with `nil` it starts with the existing objects as `added` events.
    ///
    /// The server ends the watch after `serverTimeout`.
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
