internal import AzureEndpoints
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Rollouts
internal import Support

/// The part of Azure's blob service that uploads and downloads need: blobs, ranges, blocks, metadata and lists.
///
/// An address carries its own signature, like a shared access signature. The bearer token also allows reading.
struct BlobRoutes: Sendable {
    let plane: ControlPlane

    /// The first segment of a blob's path.
    static let store = "store"

    /// Whether a path segment names the store: the SDK appends `.blob.core.windows.net` to it, as to an account.
    static func isStore(_ segment: String) -> Bool {
        segment.lowercased() == store || segment.lowercased().hasPrefix(store + ".blob.")
    }

    static func isBlob(_ path: String) -> Bool {
        path.split(separator: "/").first.map { isStore(String($0)) } ?? false
    }

    func add(to routes: inout RouteTable) {
        let pattern = "/{store}/{container}/{path...}"
        BlobReading(routes: self).add(to: &routes)
        routes.on(.put, pattern) { request in
            let blob = try self.blob(request)
            switch request.query["comp"] {
            case nil: return try await put(blob, request)
            case "metadata": return try await putMetadata(blob, request)
            case "block": return try await putBlock(blob, request)
            case "blocklist": return try await putBlockList(blob, request)
            case let other?:
                throw ControlError(
                    .badRequest, "InvalidQueryParameterValue", "comp=\(other) is not supported for writes")
            }
        }
    }

    /// The blob that a request names; throws if the request has no access to it.
    private func blob(_ request: ControlRequest) throws(ControlError) -> BlobPath {
        let blob = try container(request)
        guard !blob.segments.isEmpty else {
            throw ControlError(.badRequest, "InvalidResourceName", "the path names a container: expected a blob")
        }
        return blob
    }

    /// The container or blob that a request names; throws if the request has no access to it.
    ///
    /// With `reading`, the bearer token is accepted as well as a signature.
    func container(_ request: ControlRequest, reading: Bool = false) throws(ControlError) -> BlobPath {
        guard Self.isStore(request.parameter("store")) else { throw .notFound("there is nothing at this address") }
        let container = request.parameter("container")
        let isOpen =
            plane.blobs.isOpen(container, query: request.query, now: plane.now()) || (reading && request.hasToken)
        guard isOpen else {
            var error = ControlError(
                .forbidden, "AuthenticationFailed",
                "the address has no valid signature from this emulator, or its signature has expired")
            error.closesConnection = true
            throw error
        }
        guard let path = BlobPath(container: container, path: request.parameter("path")) else {
            throw ControlError(.badRequest, "InvalidResourceName", "the path is not a valid blob path")
        }
        return path
    }

    private func put(_ blob: BlobPath, _ request: ControlRequest) async throws -> Response {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > BlobStore.limit {
            throw ControlError.tooLarge(BlobStore.limit)
        }
        try await plane.blobs.put(request.body, as: blob)
        try plane.store.keep(metadata: Self.metadata(request), ofBlob: blob.relative)
        return Response(status: .created, headers: try written(blob))
    }

    private func putMetadata(_ blob: BlobPath, _ request: ControlRequest) async throws -> Response {
        guard try plane.blobs.attributes(of: blob) != nil else {
            throw ControlError(.notFound, "BlobNotFound", "there is no blob \(blob.relative)")
        }
        try plane.store.keep(metadata: Self.metadata(request), ofBlob: blob.relative)
        return Response(status: .ok, headers: try written(blob))
    }

    private func putBlock(_ blob: BlobPath, _ request: ControlRequest) async throws -> Response {
        guard let id = request.query["blockid"], let block = blob.block(id) else {
            throw ControlError(.badRequest, "InvalidQueryParameterValue", "blockid is missing or too long")
        }
        try await plane.blobs.put(request.body, as: block)
        return Response(status: .created, headers: try written(block))
    }

    private func putBlockList(_ blob: BlobPath, _ request: ControlRequest) async throws -> Response {
        let body = request.body
        let text = try await within(ControlRequest.patience) {
            String(buffer: try await body.collect(upTo: ControlRequest.limit))
        }
        let blocks = try BlockList(text).ids.map { id in
            guard let block = blob.block(id) else {
                throw ControlError(.badRequest, "InvalidBlockList", "the list contains an invalid block ID")
            }
            return block
        }
        try await plane.blobs.join(blocks, as: blob)
        try plane.store.keep(metadata: Self.metadata(request), ofBlob: blob.relative)
        return Response(status: .created, headers: try written(blob))
    }

    /// The metadata in the headers `x-ms-meta-…`, at most 8192 bytes in total.
    private static func metadata(_ request: ControlRequest) throws(ControlError) -> [String: String] {
        var metadata: [String: String] = [:]
        for field in request.headers {
            let name = field.name.rawName.lowercased()
            if name.hasPrefix("x-ms-meta-") { metadata[String(name.dropFirst("x-ms-meta-".count))] = field.value }
        }
        guard metadata.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) <= 8192 else {
            throw ControlError(.badRequest, "MetadataTooLarge", "a blob's metadata must not exceed 8192 bytes")
        }
        return metadata
    }

    /// The headers of a blob that was just written.
    private func written(_ blob: BlobPath) throws -> HTTPFields {
        try plane.blobs.attributes(of: blob).map(Self.headers) ?? [:]
    }

    static func headers(_ attributes: BlobStore.Attributes) -> HTTPFields {
        var headers = versionHeaders
        headers[.eTag] = attributes.etag
        headers[.lastModified] = HTTPDate.text(at: attributes.modified)
        return headers
    }

    /// The headers of every answer.
    static var versionHeaders: HTTPFields {
        var headers = HTTPFields()
        headers["x-ms-version"] = "2025-01-05"
        return headers
    }
}

extension BlobPath {
    /// The path at which a block is kept until the block list arrives; nil if the ID is invalid.
    fileprivate func block(_ id: String) -> BlobPath? {
        guard !id.isEmpty, id.utf8.count <= 96 else { return nil }
        let name = id.utf8.hexadecimal
        return BlobPath(container: ".blocks-" + Secrets.signature(of: relative, key: "block").prefix(32), path: name)
    }
}

/// The body of a block list request: `<BlockList><Latest>ID</Latest>…</BlockList>`.
struct BlockList: Sendable {
    let ids: [String]

    init(_ text: String) throws(ControlError) {
        var ids: [String] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "<Latest>") ?? rest.firstRange(of: "<Uncommitted>") {
            guard let close = rest[open.upperBound...].firstRange(of: "</") else {
                throw ControlError(.badRequest, "InvalidXmlDocument", "the block list is not valid XML")
            }
            ids.append(String(rest[open.upperBound..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        guard text.contains("<BlockList"), ids.count <= 50_000 else {
            throw ControlError(.badRequest, "InvalidXmlDocument", "the body must be a list of at most 50000 blocks")
        }
        self.ids = ids
    }
}

extension HTTPFields {
    /// A header field by a name for which the library has no constant.
    subscript(_ name: String) -> String? {
        get { HTTPField.Name(name).flatMap { self[$0] } }
        set {
            guard let name = HTTPField.Name(name) else { return }
            self[name] = newValue
        }
    }
}
