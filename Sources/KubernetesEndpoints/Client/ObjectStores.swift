internal import Rollouts

/// Stores by type, namespace and selector, which start on first use and end together.
package actor ObjectStores {
    private struct Key: Hashable {
        var type: ResourceType
        var namespace: String?
        var labels: Selector
    }

    private let client: KubernetesClient
    private var stores: [Key: (store: ObjectStore, running: Task<Void, any Error>)] = [:]
    private var isClosed = false

    package init(_ client: KubernetesClient) { self.client = client }

    /// The store, which runs as long as this object is open.
    package func store(
        _ type: ResourceType, in namespace: String? = nil, labels: Selector = .everything
    ) throws(KubernetesError) -> ObjectStore {
        let key = Key(type: type, namespace: namespace, labels: labels)
        if let known = stores[key] { return known.store }
        guard !isClosed else { throw KubernetesError(.unavailable, "the connection to the cluster was closed") }
        let store = ObjectStore(client, type, in: namespace, labels: labels)
        stores[key] = (store, Task { try await store.run() })
        return store
    }

    /// Cancels all watches and waits for their end.
    package func close() async {
        isClosed = true
        let all = stores.values
        stores = [:]
        for entry in all { entry.running.cancel() }
        // All of them throw because of the cancellation.
        for entry in all { _ = await entry.running.result }
    }
}
