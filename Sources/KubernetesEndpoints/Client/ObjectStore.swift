internal import Logging
internal import RolloutEngine
internal import Rollouts

/// The objects of one type in one namespace, kept up to date by one list and one watch, and read from memory.
///
/// A reading shows what the watch has told so far, which is a moment behind the server. Who writes tells the store of
/// the server's answer by ``record(_:)``, and so reads its own writes; who must know what is so now, and not a moment
/// ago, asks by ``refresh(matching:)``. While the server can't be reached, readings fail instead of showing the past.
package actor ObjectStore {
    package let type: ResourceType
    /// Nil: of all namespaces, or for a type that has none.
    package let namespace: String?
    package let labels: Selector

    private enum State {
        /// Nothing was listed yet.
        case starting
        case listed
        /// The server could not be reached when it was tried last, or refused.
        case failing(KubernetesError)
    }

    private let client: KubernetesClient
    private var state = State.starting
    private var objects: StoredObjects
    /// From there on the watch goes on; nil: a list comes first.
    private var cursor: String?
    private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    private var nextWaiter = 0
    private var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
    private var pauses: Pauses
    private var isRunning = false
    /// Since the watch told something.
    private var failures = 0

    /// As of clients of Kubernetes themselves: a page is in memory as a whole, the list it belongs to is not.
    private static let pageSize = 500

    /// - Parameters:
    ///   - client: Of the cluster.
    ///   - type: Of the objects.
    ///   - namespace: Nil: all, or a type that has none.
    ///   - labels: What is listed and watched.
    ///   - trimmed: What is kept of an object in memory; metadata but managedFields must stay.
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

/// Reading.
extension ObjectStore {
    /// The objects, by name; waits for the first list.
    /// - Throws: ``KubernetesError`` while the server can't be reached, or refuses.
    package func read(matching selector: Selector = .everything) async throws -> [KubernetesObject] {
        try await settle()
        return try objects.objects(matching: selector)
    }

    /// The object, or nil where there is none; waits for the first list.
    package func read(_ name: String, in namespace: String? = nil) async throws -> KubernetesObject? {
        try await settle()
        return try objects.object(.init(namespace: namespace ?? self.namespace, name: name))
    }

    /// Asks the server for what matches, as it is now, and keeps it.
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

    /// Tells the store what the server answered to a write, so that the next reading shows it.
    package func record(_ written: KubernetesObject) {
        guard labels.matches(written.labels), objects.receive(written) else { return }
        changed()
    }

    /// An element whenever something changed since the last one was taken, the first at once; it ends with its reader.
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

    /// Objects and bytes in memory.
    package var usage: (objects: Int, bytes: Int) { (objects.count, objects.size) }

    private func forget(_ listener: Int) { listeners[listener] = nil }

    private func nextID() -> Int {
        nextWaiter += 1
        return nextWaiter
    }

    /// Waits until there was a list or a failure; throws the failure.
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

/// Keeping up to date.
extension ObjectStore {
    /// Lists and watches until it is cancelled; readings wait for it.
    package func run() async throws {
        precondition(!isRunning, "a store is kept up to date by one task")
        isRunning = true
        defer { isRunning = false }
        while !Task.isCancelled {
            let begin = client.clock.now()
            do {
                try await follow()
                // A server that ends watches as soon as they begin is not asked without pause.
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

    /// One watch until its end, after a list where one is needed.
    private func follow() async throws {
        let watch: Watch
        do {
            if cursor == nil { try await relist() }
            watch = try await client.watch(
                type, in: namespace, labels, [:], since: cursor, serverTimeout: Self.serverTimeout(client.pauses),
                tries: 1)
            // Who read between the list and this saw the failure that is over now.
            let isBack = if case .failing = state { true } else { false }
            enter(.listed)
            if isBack { changed() }
        } catch let error as KubernetesError {
            if error.code == .expired { cursor = nil } else { enter(.failing(error)) }
            changed()
            throw error
        }
        // A stream that is cut later leaves the store as it is: mostly the next connection is there at once.
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
            throw KubernetesError(.expired, "the server does not know any more what changed", request: "watch \(type)")
        }
        failures = 0
    }

    private func pass(_ version: String?) {
        guard let version else { return }
        cursor = version
        objects.advance(to: version)
    }

    /// Between 5 and 10 minutes, so that not all watches end together (as client-go's reflector does).
    private static func serverTimeout(_ pauses: Pauses) -> Interval {
        .seconds(300 + Int64(300 * pauses.dice()))
    }
}
