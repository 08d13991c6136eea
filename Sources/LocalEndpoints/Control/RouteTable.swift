internal import AzureEndpoints
internal import HTTPTypes
internal import Hummingbird
internal import Support

/// The paths of the control plane and their handlers.
///
/// ARM matches paths case-insensitively but preserves the case of names. Hummingbird's router supports only one of the
/// two, and answers 404 if a path exists only for another method.
struct RouteTable: Sendable {
    typealias Handler = @Sendable (ControlRequest) async throws -> Response

    fileprivate struct Route: Sendable {
        var method: HTTPRequest.Method
        var segments: [Segment]
        var handler: Handler
    }

    fileprivate enum Segment: Sendable {
        /// A fixed segment, in lower case.
        case literal(String)
        case parameter(String)
        /// The rest of the path: one or more segments.
        case rest(String)
    }

    /// The result of matching a path.
    enum Match: Sendable {
        case handler(Handler, parameters: [String: String])
        /// The path exists, but only for these methods.
        case otherMethods([HTTPRequest.Method])
        case none
    }

    private var routes: [Route] = []

    /// Adds a route such as `/subscriptions/{subscription}/…`; `{rest...}` at the end matches several segments.
    mutating func on(_ method: HTTPRequest.Method, _ pattern: String, _ handler: @escaping Handler) {
        let segments = pattern.split(separator: "/").map { part -> Segment in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(part.lowercased()) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
        routes.append(Route(method: method, segments: segments, handler: handler))
    }

    /// Matches a percent-encoded path without a query.
    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        guard path.hasPrefix("/"), let parts = Self.segments(of: path) else { return .none }
        var others: [HTTPRequest.Method] = []
        var isExact = false
        for route in routes {
            guard let parameters = route.parameters(of: parts) else { continue }
            // A path that matches a route without a rest segment is not a blob's path.
            if route.hasRestSegment, isExact { continue }
            isExact = isExact || !route.hasRestSegment
            let answersHead = method == .head && route.method == .get && !route.hasRestSegment
            if route.method == method || answersHead { return .handler(route.handler, parameters: parameters) }
            if !others.contains(route.method) { others.append(route.method) }
        }
        return others.isEmpty ? .none : .otherMethods(others)
    }

    /// The decoded segments of a path; nil if one is not UTF-8.
    ///
    /// Empty segments are ignored, because Azure's clients write some paths with a double slash.
    private static func segments(of path: String) -> [String]? {
        var segments: [String] = []
        for part in path.split(separator: "/") {
            guard let decoded = PercentEncoding.decoded(part) else { return nil }
            segments.append(decoded)
        }
        return segments
    }
}

extension RouteTable.Route {
    var hasRestSegment: Bool { if case .rest = segments.last { true } else { false } }

    func parameters(of parts: [String]) -> [String: String]? {
        guard parts.count >= segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            switch segment {
            case .literal(let text): guard parts[index].lowercased() == text else { return nil }
            case .parameter(let name): parameters[name] = parts[index]
            case .rest(let name):
                parameters[name] = parts[index...].joined(separator: "/")
                return parameters
            }
        }
        return parts.count == segments.count ? parameters : nil
    }
}
