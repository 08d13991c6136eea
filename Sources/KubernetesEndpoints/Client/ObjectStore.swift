internal import Logging
internal import RolloutEngine
internal import Rollouts

/// The objects of one type in one namespace, kept up to date by one list and one watch, and read from memory.
///
/// A read shows the state according to the watch, which lags slightly behind the server. A writer passes the server's
/// response to ``record(_:)``, so that it reads its own writes; a reader that needs the present state calls
/// ``refresh(matching:)``. While the server is unreachable, reads fail instead of showing an old state.
package actor ObjectStore {
    package let type: ResourceType
    /// The namespace; `nil` for all namespaces or a type without namespaces.
    package let namespace: String?
    package let labels: Selector

    private enum State {
        /// No list was read yet.
        case starting
        case listed
        /// The last attempt to reach the server failed or was refused.
        case failing(KubernetesError)
    }

    private let client: KubernetesClient
    private var state = State.starting
    private var objects: StoredObjects
    /// The version from which the watch continues; `nil` if a list must be read first.
    private var cursor: String?
    private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    private var nextWaiter = 0
    private var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
    private var pauses: Pauses
    private var isRunning = false
    /// Failures since the last event of a watch.
    private var failures = 0

    /// The page size that Kubernetes' own clients use.
    ///
    /// Only one page of a list is in memory at a time.
    private static let pageSize = 500

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - client: The client of the cluster.
    ///   - type: The type of the objects.
    ///   - namespace: The namespace; `nil` for all namespaces or a type without namespaces.
    ///   - labels: Selects the objects to list and watch.
    ///   - trimmed: Reduces an object before it is stored. It must keep the metadata, except managedFields.
    package init(
        _ client: KubernetesClient, _ type: ResourceType, in namespace: String? = nil, labels: Selector = .everything,
        trimmed: @escaping @Sendable (KubernetesObject) -> KubernetesObject = { $0.withoutFieldSets }
    ) {
        objects = StoredObjects(trimmed: trimmed)
        self.client = client
        self.type = type
        self.namespace = namespace
        self.labels = labels
        pauses = client.pauses
        pauses.longest = min(pauses.longest, .seconds(5))
    }
}

/// Read operations.
extension ObjectStore {
    /// The objects, sorted by name.
    ///
    /// Waits for the first list.
    ///
    /// - Throws: ``KubernetesError`` while the server is unreachable or refuses the request.
    package func read(matching selector: Selector = .everything) async throws -> [KubernetesObject] {
        try await settle()
        return try objects.objects(matching: selector)
    }

    /// The object; `nil` if it does not exist.
    ///
    /// Waits for the first list.
    package func read(_ name: String, in namespace: String? = nil) async throws -> KubernetesObject? {
        try await settle()
        return try objects.object(.init(namespace: namespace ?? self.namespace, name: name))
    }

    /// Reads the matching objects from the server now and stores them.
    @discardableResult
    package func refresh(matching selector: Selector = .everything) async throws -> [KubernetesObject] {
        let both = Selector(labels.requirements + selector.requirements)
        let list = try await client.list(type, in: namespace, labels: both)
        for object in list.objects { objects.receive(object) }
        objects.keep(
            only: Set(list.objects.map(StoredObjects.key)), matching: selector, asOf: list.resourceVersion)
        changed()
        return list.objects.map(\.withoutFieldSets)
    }

    /// Stores the server's response to a write, so that the next read shows it.
    package func record(_ written: KubernetesObject) {
        guard labels.matches(written.labels), objects.receive(written) else { return }
        changed()
    }

    /// A stream with an element for each batch of changes since the last element was taken; the first follows at once.
    package func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = nextID()
        listeners[id] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { await self?.forget(id) }
        }
        continuation.yield()
        return stream
    }

    /// The number of objects and bytes in memory.
    package var usage: (objects: Int, bytes: Int) { (objects.count, objects.size) }

    private func forget(_ listener: Int) { listeners[listener] = nil }

    private func nextID() -> Int {
        nextWaiter += 1
        return nextWaiter
    }

    /// Waits until a list was read or failed; throws the failure.
    private func settle() async throws {
        while true {
            switch state {
            case .listed: return
            case .failing(let error): throw error
            case .starting: try await wait()
            }
        }
    }

    private func wait() async throws {
        try Task.checkCancellation()
        let id = nextID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { continuation.resume() } else { waiting[id] = continuation }
            }
        } onCancel: {
            Task { await self.resume(id) }
        }
        try Task.checkCancellation()
    }

    private func resume(_ waiter: Int) { waiting.removeValue(forKey: waiter)?.resume() }

    private func enter(_ state: State) {
        self.state = state
        let all = waiting.values
        waiting = [:]
        for waiter in all { waiter.resume() }
    }

    private func changed() {
        for listener in listeners.values { listener.yield() }
    }
}

/// Keeping the objects up to date.
extension ObjectStore {
    /// Lists and watches until the task is cancelled.
    ///
    /// Reads wait for it.
    package func run() async throws {
        precondition(!isRunning, "a store is kept up to date by one task")
        isRunning = true
        defer { isRunning = false }
        while !Task.isCancelled {
            let begin = client.clock.now()
            do {
                try await follow()
                // Pause before the next watch if the server ends watches as soon as they start.
                if client.clock.now() - begin < .seconds(1) { failures += 1 }
            } catch let error as KubernetesError {
                failures += 1
                client.logger.debug(
                    "store lost its watch", metadata: ["type": "\(type)", "error": "\(error.description)"])
            }
            guard failures > 0 else { continue }
            try await client.clock.sleep(until: client.clock.now() + pauses.after(failures))
        }
        throw CancellationError()
    }

    /// Follows one watch to its end, after reading a list if needed.
    private func follow() async throws {
        let watch: Watch
        do {
            if cursor == nil { try await relist() }
            watch = try await client.watch(
                type, in: namespace, labels, [:], since: cursor, serverTimeout: Self.serverTimeout(client.pauses),
                tries: 1)
            // Readers that read between the list and this point saw a failure that is over now.
            let isBack = if case .failing = state { true } else { false }
            enter(.listed)
            if isBack { changed() }
        } catch let error as KubernetesError {
            if error.code == .expired { cursor = nil } else { enter(.failing(error)) }
            changed()
            throw error
        }
        // A stream that is cut later leaves the store as it is: usually the next connection succeeds at once.
        for try await event in watch { try receive(event) }
    }

    private func relist() async throws {
        var listed: Set<StoredObjects.Key> = []
        let version = try await client.eachObject(
            type, in: namespace, labels, [:], pageSize: Self.pageSize, tries: 1,
            begin: { listed = [] },
            {
                listed.insert(StoredObjects.key(of: $0))
                objects.receive($0)
            })
        objects.keep(only: listed, asOf: version)
        objects.advance(to: version)
        cursor = version
        changed()
    }

    private func receive(_ event: WatchEvent) throws(KubernetesError) {
        switch event {
        case .added(let object), .modified(let object):
            let isNews = objects.receive(object)
            pass(object.resourceVersion)
            if isNews { changed() }
        case .deleted(let object):
            let isNews = objects.remove(object)
            pass(object.resourceVersion)
            if isNews { changed() }
        case .bookmark(let version): pass(version)
        case .expired:
            cursor = nil
            throw KubernetesError(
                .expired, "the server no longer has the changes since the last event", request: "watch \(type)")
        }
        failures = 0
    }

    private func pass(_ version: String?) {
        guard let version else { return }
        cursor = version
        objects.advance(to: version)
    }

    /// A timeout between 5 and 10 minutes, so that not all watches end together (like client-go's reflector).
    private static func serverTimeout(_ pauses: Pauses) -> Interval {
        .seconds(300 + Int64(300 * pauses.dice()))
    }
}
