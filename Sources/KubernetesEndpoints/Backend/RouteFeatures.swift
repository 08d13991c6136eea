internal import Rollouts
internal import Synchronization

/// The features of the cluster's HTTPRoute type.
///
/// Reading its CustomResourceDefinition needs a cluster-wide permission, so features are detected by writing: the
/// server
/// rejects an object with an unknown field.
final class RouteFeatures: Sendable {
    private let hasTimeouts = Mutex(true)

    /// Writes the route.
    ///
    /// If it is rejected with timeouts, writes it without them, from then on always.
    func write(
        _ manifest: RouteManifest, _ write: (RouteManifest) async throws -> KubernetesObject
    ) async throws -> KubernetesObject {
        var manifest = manifest
        manifest.hasTimeouts = hasTimeouts.withLock { $0 }
        do {
            return try await write(manifest)
        } catch let first as KubernetesError {
            guard manifest.hasTimeouts, !manifest.backends.isEmpty, first.isAboutTheObject else { throw first }
            manifest.hasTimeouts = false
            let written: KubernetesObject
            // If it is also rejected without timeouts, the reason is another one, which the first error reports.
            do { written = try await write(manifest) } catch { throw first }
            hasTimeouts.withLock { $0 = false }
            return written
        }
    }
}

extension KubernetesError {
    /// Whether the server rejected the object itself.
    ///
    /// For a field that the type does not have, API servers return 400, 422 or, in older versions, 500.
    fileprivate var isAboutTheObject: Bool {
        switch code {
        case .invalid: true
        case .unavailable: status == 500 && reason != nil
        default: false
        }
    }
}
