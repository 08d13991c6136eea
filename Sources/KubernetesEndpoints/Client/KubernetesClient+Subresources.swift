package import FoundationEssentials
package import HTTPTransport
internal import RolloutEngine
package import Rollouts

/// How many replicas are wanted and how many there are, by an object's subresource `scale`.
package struct Scale: Hashable, Sendable {
    package var wanted: Int
    package var actual: Int
    /// Of the object that is scaled.
    package var resourceVersion: String?
}

extension KubernetesClient {
    package func scale(of type: ResourceType, _ name: String, in namespace: String? = nil) async throws -> Scale? {
        do {
            let path = try APIPath(type, name, in: namespace, "scale")
            return Self.scale(try await object(Call(.get, path, "get scale of \(type) \(name)")))
        } catch let error as KubernetesError where error.code == .notFound {
            return nil
        }
    }

    /// Asks for that many replicas; with `resourceVersion` only where the object that is scaled is in that state.
    @discardableResult
    package func setScale(
        of type: ResourceType, _ name: String, in namespace: String? = nil, to replicas: Int,
        resourceVersion: String? = nil
    ) async throws -> Scale {
        let path = try APIPath(type, name, in: namespace, "scale").with("fieldManager", Self.fieldManager)
        var object = KubernetesObject([
            "apiVersion": "autoscaling/v1", "kind": "Scale", "spec": ["replicas": .integer(replicas)],
        ])
        object["metadata", "name"] = .string(name)
        object["metadata", "namespace"] = namespace.map(Value.string)
        object.resourceVersion = resourceVersion
        return Self.scale(
            try await self.object(Call(.put, path, "scale \(type) \(name) to \(replicas)", body: object.value)))
    }

    private static func scale(_ object: KubernetesObject) -> Scale {
        Scale(
            wanted: object["spec", "replicas"]?.integer ?? 0, actual: object["status", "replicas"]?.integer ?? 0,
            resourceVersion: object.resourceVersion)
    }

    /// The last `tail` lines of a container's log, oldest first, each with the moment at which it was written.
    ///
    /// A Pod's only container needs no name. `previous` is of its instance before this one: what a crash left.
    package func logs(
        of pod: String, in namespace: String? = nil, container: String? = nil, tail: Int? = nil,
        previous: Bool = false, since: Timestamp? = nil
    ) async throws -> [PodLine] {
        let path = try APIPath(.pods, pod, in: namespace, "log").with("container", container)
            .with("tailLines", tail.map { String(max($0, 0)) }).with("previous", previous ? "true" : nil)
            .with("sinceTime", since?.description).with("timestamps", "true").with("limitBytes", String(16 << 20))
        var call = Call(.get, path, "read the log of pod \(pod)")
        call.accept = "*/*"
        let text = String(decoding: try await collect(call).body, as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
            .filter { !$0.isEmpty }.map(PodLine.init)
    }

    /// A request to what listens behind a Service or a Pod, by way of the API server.
    ///
    /// The answer of the server behind is returned whatever its status is. Where the API server itself refuses, or
    /// reaches nobody, it is a ``KubernetesError``: it tells so by a `Status` object.
    package func proxy(
        _ target: ProxyTarget, in namespace: String? = nil, _ method: HTTPRequest.Method, path: String,
        headers: [(name: String, value: String)] = [], body: Data? = nil, timeout: Interval = .seconds(60),
        limit: Int = 16 << 20
    ) async throws -> WholeAnswer {
        var address = try APIPath(target.type, target.segment, in: namespace, "proxy")
        address.append(verbatim: path.hasPrefix("/") ? path : "/" + path)
        var call = Call(method, address, "\(method.rawValue) \(path) of \(target)")
        call.body = body
        call.headers = headers.filter { !Self.ownHeaders.contains($0.name.lowercased()) }
        call.contentType = headers.first { $0.name.lowercased() == "content-type" }?.value ?? "application/json"
        call.accept = headers.first { $0.name.lowercased() == "accept" }?.value ?? "*/*"
        call.timeout = timeout
        call.limit = limit
        call.isProxied = true
        return try await collect(call)
    }

    /// What the client itself says.
    private static let ownHeaders: Set = [
        "accept", "authorization", "content-type", "content-length", "host", "user-agent",
    ]
}

/// One line of a Pod's log.
package struct PodLine: Hashable, Sendable {
    /// Nil where the line does not begin with its moment.
    package var at: Timestamp?
    package var text: String

    init(_ line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        at = parts.first.flatMap { Timestamp(rfc3339: $0) }
        text = String(at == nil ? line : parts.count > 1 ? parts[1] : "")
    }
}

/// What a proxied request goes to.
package struct ProxyTarget: Hashable, Sendable, CustomStringConvertible {
    package var type: ResourceType
    package var name: String
    /// A number or a port's name.
    package var port: String?
    /// True where it talks TLS.
    package var isSecure: Bool

    package static func service(_ name: String, port: String? = nil, isSecure: Bool = false) -> ProxyTarget {
        ProxyTarget(type: .services, name: name, port: port, isSecure: isSecure)
    }

    package static func pod(_ name: String, port: String? = nil, isSecure: Bool = false) -> ProxyTarget {
        ProxyTarget(type: .pods, name: name, port: port, isSecure: isSecure)
    }

    /// `name`, `name:port` or `https:name:port`.
    var segment: String {
        let address = port.map { "\(name):\($0)" } ?? name
        return isSecure ? "https:\(address)\(port == nil ? ":" : "")" : address
    }

    package var description: String { "\(type.kind.lowercased()) \(segment)" }
}
