internal import Rollouts

/// The contents of a store: objects as compact JSON, so that thousands of them fit into a few megabytes.
///
/// Lists, watches and own writes report objects in no particular order, so the later resourceVersion wins. (Versions
/// are
/// compared as numbers, which API servers have always used and now guarantee: Kubernetes' "API Concepts", resource
/// version
/// semantics. Without numbers, the last report wins.)
struct StoredObjects: Sendable {
    struct Key: Hashable, Sendable {
        var namespace: String?
        var name: String
    }

    private struct Entry: Sendable {
        var uid: String?
        var version: UInt64?
        var labels: [String: String]
        var json: [UInt8]
    }

    private var entries: [Key: Entry] = [:]
    /// Reduces an object before it is stored.
    private let trimmed: @Sendable (KubernetesObject) -> KubernetesObject
    /// UIDs of objects that were missing in a list although the watch has not reported a deletion, with the list's
    /// version.
    private var gone: [String: UInt64] = [:]

    init(trimmed: @escaping @Sendable (KubernetesObject) -> KubernetesObject = { $0.withoutFieldSets }) {
        self.trimmed = trimmed
    }

    var count: Int { entries.count }

    /// The number of bytes of JSON, without the overhead of the tables.
    var size: Int { entries.values.reduce(0) { $0 + $1.json.count } }

    /// The object with a key.
    ///
    /// It is not inlined for the same reason as ``objects(matching:)``.
    @inline(never)
    func object(_ key: Key) throws -> KubernetesObject? {
        guard let entry = entries[key] else { return nil }
        return try Self.object(entry)
    }

    /// The matching objects, sorted by name; throws ``KubernetesError``.
    ///
    /// It has no typed throws and is never inlined: otherwise the optimizer of Swift 6.3 crashes on asynchronous
    /// callers.
    @inline(never)
    func objects(matching selector: Selector) throws -> [KubernetesObject] {
        var found: [(key: Key, object: KubernetesObject)] = []
        for (key, entry) in entries where selector.matches(entry.labels) {
            found.append((key, try Self.object(entry)))
        }
        return found.sorted { ($0.key.namespace ?? "", $0.key.name) < ($1.key.namespace ?? "", $1.key.name) }
            .map(\.object)
    }

    private static func object(_ entry: Entry) throws(KubernetesError) -> KubernetesObject {
        do {
            return KubernetesObject(try JSONReader.value(entry.json))
        } catch {
            throw KubernetesError(.malformedResponse, "a stored object is not valid JSON: \(error)")
        }
    }

    /// Stores the object unless the stored one is newer.
    ///
    /// - Returns: Whether something changed.
    @discardableResult
    mutating func receive(_ object: KubernetesObject) -> Bool {
        let version = Self.version(object.resourceVersion)
        if let uid = object.uid, let since = gone[uid], version ?? .max <= since { return false }
        let key = Self.key(of: object)
        if let present = entries[key], let known = present.version, let version, known >= version { return false }
        entries[key] = Entry(
            uid: object.uid, version: version, labels: object.labels,
            json: JSONWriter.bytes(trimmed(object).value))
        return true
    }

    /// Removes the object unless another one of the same name has replaced it.
    ///
    /// - Returns: Whether something changed.
    @discardableResult
    mutating func remove(_ object: KubernetesObject) -> Bool {
        let key = Self.key(of: object)
        guard let present = entries[key], present.uid == object.uid || object.uid == nil else { return false }
        entries[key] = nil
        return true
    }

    /// Removes matching objects that were not listed, except those that are newer than the list.
    mutating func keep(
        only listed: Set<Key>, matching selector: Selector = .everything, asOf resourceVersion: String
    ) {
        let moment = Self.version(resourceVersion)
        for (key, entry) in entries where !listed.contains(key) && selector.matches(entry.labels) {
            if let version = entry.version, let moment, version > moment { continue }
            entries[key] = nil
            if let uid = entry.uid, let moment { gone[uid] = moment }
        }
    }

    /// Forgets deletions up to this version, since the watch has reported everything up to it.
    mutating func advance(to resourceVersion: String) {
        guard !gone.isEmpty, let moment = Self.version(resourceVersion) else { return }
        gone = gone.filter { $0.value > moment }
    }

    static func version(_ resourceVersion: String?) -> UInt64? { resourceVersion.flatMap { UInt64($0) } }

    static func key(of object: KubernetesObject) -> Key {
        Key(namespace: object.namespace, name: object.name)
    }
}

extension KubernetesObject {
    /// The object without its longest part, the fields of each manager.
    ///
    /// The names of the managers are kept.
    var withoutFieldSets: KubernetesObject {
        guard let managers = self["metadata", "managedFields"]?.list else { return self }
        var object = self
        object["metadata", "managedFields"] = .list(
            managers.map { entry in
                var entry = entry
                entry[path: ["fieldsV1"]] = nil
                return entry
            })
        return object
    }
}
