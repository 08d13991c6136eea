internal import Rollouts

/// What a store knows: objects as compact JSON, so that thousands of them fit into a few megabytes.
///
/// Lists, watches and own writes all tell of objects, in no order that one could rely on: the later resourceVersion
/// wins. (They are compared as numbers, as API servers have always made them and now promise: Kubernetes' "API
/// Concepts", resource version semantics. Where they are none, what comes last wins.)
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
    /// What is kept of an object.
    private let trimmed: @Sendable (KubernetesObject) -> KubernetesObject
    /// Objects that are known to be gone although the watch has not told so yet, and since when.
    private var gone: [String: UInt64] = [:]

    init(trimmed: @escaping @Sendable (KubernetesObject) -> KubernetesObject = { $0.withoutFieldSets }) {
        self.trimmed = trimmed
    }

    var count: Int { entries.count }

    /// Bytes of JSON, without what the tables themselves take.
    var size: Int { entries.values.reduce(0) { $0 + $1.json.count } }

    /// As ``objects(matching:)``, for the same reason.
    @inline(never)
    func object(_ key: Key) throws -> KubernetesObject? {
        guard let entry = entries[key] else { return nil }
        return try Self.object(entry)
    }

    /// In the order of their names; throws ``KubernetesError``.
    ///
    /// Not typed, and never inlined: Swift 6.3's optimizer crashes on its asynchronous callers otherwise.
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
            throw KubernetesError(.malformedAnswer, "a stored object is no JSON: \(error)")
        }
    }

    /// Takes the object in, unless what is known of it is newer.
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

    /// Takes the object out, unless another one of its name came after it.
    /// - Returns: Whether something changed.
    @discardableResult
    mutating func remove(_ object: KubernetesObject) -> Bool {
        let key = Self.key(of: object)
        guard let present = entries[key], present.uid == object.uid || object.uid == nil else { return false }
        entries[key] = nil
        return true
    }

    /// Takes out what matches and was not listed, but for what is newer than the list.
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

    /// The watch has told everything up to that moment: what was known ahead of it needs no memory any more.
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
    /// Without the longest and least wanted part, which fields each manager has set; who they are stays.
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
