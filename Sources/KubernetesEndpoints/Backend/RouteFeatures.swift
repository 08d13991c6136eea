internal import Rollouts
internal import Synchronization

/// What the cluster's HTTPRoute can say.
///
/// Which fields its definition has is known to who may read CustomResourceDefinitions, which are no namespace's: here it
/// is found out by writing. A field that is not there is refused as a whole.
final class RouteFeatures: Sendable {
    private let hasTimeouts = Mutex(true)

    /// Writes the route; again without time-outs where it is refused with them, and from then on always so.
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
            // What is refused without them as well is refused for another reason, which the first answer tells.
            do { written = try await write(manifest) } catch { throw first }
            hasTimeouts.withLock { $0 = false }
            return written
        }
    }
}

extension KubernetesError {
    /// True where the server looked at the object and has something against it.
    ///
    /// Of a field that its type does not have, API servers say 400, 422 or, up to some version, 500.
    fileprivate var isAboutTheObject: Bool {
        switch code {
        case .invalid: true
        case .unavailable: status == 500 && reason != nil
        default: false
        }
    }
}
