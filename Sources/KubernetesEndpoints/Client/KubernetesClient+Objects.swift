internal import HTTPTransport
package import Rollouts

/// The objects of a list at one moment.
package struct ObjectList: Sendable {
    package var objects: [KubernetesObject]
    /// The list's version, from which a watch can continue.
    package var resourceVersion: String

    package init(objects: [KubernetesObject], resourceVersion: String) {
        self.objects = objects
        self.resourceVersion = resourceVersion
    }
}

/// Read operations.
extension KubernetesClient {
    /// The object; `nil` if it or its type does not exist.
    package func get(
        _ type: ResourceType, _ name: String, in namespace: String? = nil
    ) async throws -> KubernetesObject? {
        do {
            return try await object(Call(.get, try APIPath(type, name, in: namespace), "get \(type) \(name)"))
        } catch let error as KubernetesError where error.code == .notFound {
            return nil
        }
    }

    /// All objects of a type in a namespace, or in all namespaces if it is `nil`, with these labels and fields.
    ///
    /// Fields are given as in `["metadata.name": "x"]`. The list is read in pages of one consistent state. If it
    /// expires
    /// between two pages, it is restarted once.
    package func list(
        _ type: ResourceType, in namespace: String? = nil, labels: Selector = .everything,
        fields: [String: String] = [:], pageSize: Int = 500
    ) async throws -> ObjectList {
        var objects: [KubernetesObject] = []
        let version = try await eachObject(
            type, in: namespace, labels, fields, pageSize: pageSize, begin: { objects = [] }, { objects.append($0) })
        return ObjectList(objects: objects, resourceVersion: version)
    }

    /// Passes the objects to `body` one by one, so that no list is in memory as a whole.
    ///
    /// `begin` is called at the start, and again if the list is restarted.
    ///
    /// - Returns: The list's resourceVersion.
    func eachObject(
        _ type: ResourceType, in namespace: String?, _ labels: Selector, _ fields: [String: String], pageSize: Int,
        tries: Int? = nil, begin: () -> Void, _ body: (KubernetesObject) -> Void
    ) async throws -> String {
        let path = try APIPath(type, in: namespace).with("labelSelector", labels.description)
            .with("fieldSelector", Self.fieldSelector(fields)).with("limit", String(pageSize))
        var continuation: String?
        var hasBegunAgain = false
        while true {
            var call = Call(.get, path.with("continue", continuation), "list \(type)")
            call.tries = tries
            let answer: BufferedResponse
            do {
                answer = try await collect(call)
            } catch let error as KubernetesError
                where error.code == .expired && continuation != nil && !hasBegunAgain
            {
                hasBegunAgain = true
                continuation = nil
                continue
            }
            if continuation == nil { begin() }
            let rest: Value
            do {
                rest = try JSONReader.eachItem(answer.body) { body(Self.object($0, type)) }
            } catch {
                throw malformed(answer, call, error)
            }
            continuation = rest["metadata"]?["continue"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            if continuation == nil { return rest["metadata"]?["resourceVersion"]?.string ?? "" }
        }
    }

    static func fieldSelector(_ fields: [String: String]) -> String {
        fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// An item with its type, which lists do not repeat per item.
    private static func object(_ item: Value, _ type: ResourceType) -> KubernetesObject {
        var object = KubernetesObject(item)
        if object["kind"] == nil { object["kind"] = .string(type.kind) }
        if object["apiVersion"] == nil { object["apiVersion"] = .string(type.apiVersion) }
        return object
    }
}

/// Write operations.
extension KubernetesClient {
    /// Server-side apply: sets the object's fields, creating it if needed, and leaves the fields of other managers
    /// alone.
    ///
    /// It never forces: a field that another manager has set to a different value is a
    /// ``KubernetesError/Code/fieldConflict(_:)``. With `metadata.resourceVersion`, an object that is no longer in that
    /// state
    /// is a ``KubernetesError/Code/conflict``.
    @discardableResult
    package func apply(_ type: ResourceType, _ object: KubernetesObject, dryRun: Bool = false) async throws
        -> KubernetesObject
    {
        try await applyReportingCreation(type, object, dryRun: dryRun).object
    }

    /// Works like ``apply(_:_:dryRun:)``; `isNew` is true if the object did not exist.
    func applyReportingCreation(
        _ type: ResourceType, _ object: KubernetesObject, dryRun: Bool = false
    ) async throws -> (object: KubernetesObject, isNew: Bool) {
        let path = try APIPath(type, object.name, in: object.namespace).with("fieldManager", Self.fieldManager)
            .with("force", "false").with("dryRun", dryRun ? "All" : nil)
        var call = Call(.patch, path, "apply \(type) \(object.name)", body: object.value)
        // JSON is YAML.
        call.contentType = "application/apply-patch+yaml"
        let answer = try await collect(call)
        do {
            return (KubernetesObject(try JSONReader.value(answer.body)), answer.status == 201)
        } catch {
            throw malformed(answer, call, error)
        }
    }

    /// Creates the object; throws ``KubernetesError/Code/alreadyExists`` if it exists.
    @discardableResult
    package func create(_ type: ResourceType, _ object: KubernetesObject) async throws -> KubernetesObject {
        let path = try APIPath(type, in: object.namespace).with("fieldManager", Self.fieldManager)
        return try await self.object(Call(.post, path, "create \(type) \(object.name)", body: object.value))
    }

    /// Replaces the whole object; with a resourceVersion only if it is in that state.
    @discardableResult
    package func replace(_ type: ResourceType, _ object: KubernetesObject, subresource: String? = nil) async throws
        -> KubernetesObject
    {
        let path = try APIPath(type, object.name, in: object.namespace, subresource)
            .with("fieldManager", Self.fieldManager)
        return try await self.object(Call(.put, path, "replace \(type) \(object.name)", body: object.value))
    }

    /// Applies a JSON Patch (RFC 6902); a `test` that fails is reported as ``KubernetesError/Code/invalid``.
    @discardableResult
    package func patch(
        _ type: ResourceType, _ name: String, in namespace: String? = nil, _ operations: [PatchOperation],
        subresource: String? = nil
    ) async throws -> KubernetesObject {
        let path = try APIPath(type, name, in: namespace, subresource).with("fieldManager", Self.fieldManager)
        var call = Call(.patch, path, "patch \(type) \(name)", body: .list(operations.map(\.value)))
        call.contentType = "application/json-patch+json"
        return try await object(call)
    }

    /// Requests the deletion of the object; returns false if it does not exist.
    ///
    /// With `uid`, only this object is deleted and not another of the same name; with `resourceVersion`, only in this
    /// state.
    /// Otherwise it is a ``KubernetesError/Code/conflict``.
    @discardableResult
    package func delete(
        _ type: ResourceType, _ name: String, in namespace: String? = nil, uid: String? = nil,
        resourceVersion: String? = nil, propagation: Propagation = .foreground
    ) async throws -> Bool {
        var preconditions: [String: Value] = [:]
        preconditions["uid"] = uid.map(Value.string)
        preconditions["resourceVersion"] = resourceVersion.map(Value.string)
        var options: [String: Value] = [
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": .string(propagation.rawValue),
        ]
        if !preconditions.isEmpty { options["preconditions"] = .mapping(preconditions) }
        let call = Call(
            .delete, try APIPath(type, name, in: namespace), "delete \(type) \(name)", body: .mapping(options))
        do {
            _ = try await collect(call)
            return true
        } catch let error as KubernetesError where error.code == .notFound {
            return false
        }
    }
}

/// The handling of objects that a deleted object owns.
package enum Propagation: String, Hashable, Sendable {
    /// Dependents are deleted first; the object stays until they are gone.
    case foreground = "Foreground"
    case background = "Background"
    case orphan = "Orphan"
}

/// One operation of a JSON Patch.
package enum PatchOperation: Hashable, Sendable {
    case test(_ path: String, Value)
    case add(_ path: String, Value)
    case replace(_ path: String, Value)
    case remove(_ path: String)

    var value: Value {
        switch self {
        case .test(let path, let value): ["op": "test", "path": .string(path), "value": value]
        case .add(let path, let value): ["op": "add", "path": .string(path), "value": value]
        case .replace(let path, let value): ["op": "replace", "path": .string(path), "value": value]
        case .remove(let path): ["op": "remove", "path": .string(path)]
        }
    }

    /// Escapes a member's name or an index for a path (RFC 6901).
    package static func escaped(_ part: String) -> String {
        part.reduce(into: "") { $0 += $1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1) }
    }
}
