package import FoundationEssentials
package import HTTPTransport
internal import RolloutEngine
package import Rollouts

/// The desired and actual number of replicas, from an object's subresource `scale`.
package struct Scale: Hashable, Sendable {
    package var wanted: Int
    package var actual: Int
    /// The version of the scaled object.
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

    /// Sets the number of replicas; with `resourceVersion` only if the scaled object is in that state.
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

    /// The last `tail` lines of a container's log, oldest first, with their timestamps.
    ///
    /// The name of a Pod's only container may be omitted. With `previous`, the log is that of the preceding instance,
    /// which
    /// crashed.
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

    /// Sends a request to a Service or a Pod through the API server.
    ///
    /// Responses of the proxied server are returned whatever their status. If the API server itself refuses, or cannot
    /// reach
    /// the target, it is a ``KubernetesError``; the API server reports this in a `Status` object.
    package func proxy(
        _ target: ProxyTarget, in namespace: String? = nil, _ method: HTTPRequest.Method, path: String,
        headers: [(name: String, value: String)] = [], body: Data? = nil, timeout: Interval = .seconds(60),
        limit: Int = 16 << 20
    ) async throws -> BufferedResponse {
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

    /// Headers that the client sets itself.
    private static let ownHeaders: Set = [
        "accept", "authorization", "content-type", "content-length", "host", "user-agent",
    ]
}

/// One line of a Pod's log.
package struct PodLine: Hashable, Sendable {
    /// The timestamp; `nil` if the line does not start with one.
    package var at: Timestamp?
    package var text: String

    init(_ line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        at = parts.first.flatMap { Timestamp(rfc3339: $0) }
        text = String(at == nil ? line : parts.count > 1 ? parts[1] : "")
    }
}

/// The target of a proxied request.
package struct ProxyTarget: Hashable, Sendable, CustomStringConvertible {
    package var type: ResourceType
    package var name: String
    /// The number or name of the port.
    package var port: String?
    /// Whether the target uses TLS.
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
