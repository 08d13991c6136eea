internal import AzureEndpoints
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Rollouts

/// The part of Azure's blob service that uploads need: HEAD, PUT, blocks, metadata.
///
/// An address is opened by its own signature, as a shared access signature is, or by the bearer token's holder who made it.
struct BlobRoutes: Sendable {
    let plane: ControlPlane

    /// The first segment of a blob's path.
    static let store = "store"

    /// The SDK adds `.blob.core.windows.net` to what it takes for an account.
    static func isStore(_ segment: String) -> Bool {
        segment.lowercased() == store || segment.lowercased().hasPrefix(store + ".blob.")
    }

    static func isBlob(_ path: String) -> Bool {
        path.split(separator: "/").first.map { isStore(String($0)) } ?? false
    }

    func add(to routes: inout RouteTable) {
        let pattern = "/{store}/{container}/{path...}"
        routes.on(.head, pattern) { request in try await head(request) }
        routes.on(.put, pattern) { request in
            let blob = try self.blob(request)
            switch request.query["comp"] {
            case nil: return try await put(blob, request)
            case "metadata": return try await putMetadata(blob, request)
            case "block": return try await putBlock(blob, request)
            case "blocklist": return try await putBlockList(blob, request)
            case let other?:
                throw ControlError(.badRequest, "InvalidQueryParameterValue", "comp=\(other) is not possible here")
            }
        }
    }

    /// The blob that a request is about, if the request may touch it.
    private func blob(_ request: ControlRequest) throws(ControlError) -> BlobPath {
        guard Self.isStore(request.parameter("store")) else { throw .notFound("there is nothing here") }
        let container = request.parameter("container")
        guard plane.blobs.isOpen(container, query: request.query, now: plane.now()) else {
            var error = ControlError(
                .forbidden, "AuthenticationFailed", "the address has no valid signature of the emulator, or an old one")
            error.closesConnection = true
            throw error
        }
        guard let blob = BlobPath(container: container, path: request.parameter("path")), !blob.segments.isEmpty else {
            throw ControlError(.badRequest, "InvalidResourceName", "this is no path of a blob")
        }
        return blob
    }

    private func head(_ request: ControlRequest) async throws -> Response {
        let blob = try self.blob(request)
        guard let (size, modified) = try plane.blobs.attributes(of: blob) else {
            throw ControlError(.notFound, "BlobNotFound", "there is no blob \(blob.relative)")
        }
        var headers = Self.attributes(modified)
        headers[.contentLength] = String(size)
        headers[.contentType] = "application/octet-stream"
        headers["x-ms-blob-type"] = "BlockBlob"
        for (name, value) in try plane.store.metadata(ofBlob: blob.relative) ?? [:] {
            headers["x-ms-meta-" + name] = value
        }
        return Response(status: .ok, headers: headers)
    }

    private func put(_ blob: BlobPath, _ request: ControlRequest) async throws -> Response {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > BlobStore.limit {
            throw ControlError.tooLarge(BlobStore.limit)
        }
        try await plane.blobs.put(request.body, as: blob)
        try plane.store.keep(metadata: Self.metadata(request), ofBlob: blob.relative)
        return Response(status: .created, headers: Self.attributes(plane.now()))
    }

    private func putMetadata(_ blob: BlobPath, _ request: ControlRequest) async throws -> Response {
        guard try plane.blobs.attributes(of: blob) != nil else {
            throw ControlError(.notFound, "BlobNotFound", "there is no blob \(blob.relative)")
        }
        try plane.store.keep(metadata: Self.metadata(request), ofBlob: blob.relative)
        return Response(status: .ok, headers: Self.attributes(plane.now()))
    }

    private func putBlock(_ blob: BlobPath, _ request: ControlRequest) async throws -> Response {
        guard let id = request.query["blockid"], let block = blob.block(id) else {
            throw ControlError(.badRequest, "InvalidQueryParameterValue", "blockid is missing or too long")
        }
        try await plane.blobs.put(request.body, as: block)
        return Response(status: .created, headers: Self.attributes(plane.now()))
    }

    private func putBlockList(_ blob: BlobPath, _ request: ControlRequest) async throws -> Response {
        let body = request.body
        let text = try await within(ControlRequest.patience) {
            String(buffer: try await body.collect(upTo: ControlRequest.limit))
        }
        let blocks = try BlockList(text).ids.map { id in
            guard let block = blob.block(id) else {
                throw ControlError(.badRequest, "InvalidBlockList", "the list names a block that cannot be")
            }
            return block
        }
        try await plane.blobs.join(blocks, as: blob)
        try plane.store.keep(metadata: Self.metadata(request), ofBlob: blob.relative)
        return Response(status: .created, headers: Self.attributes(plane.now()))
    }

    /// What the headers `x-ms-meta-…` say; few and short ones only.
    private static func metadata(_ request: ControlRequest) throws(ControlError) -> [String: String] {
        var metadata: [String: String] = [:]
        for field in request.headers {
            let name = field.name.rawName.lowercased()
            if name.hasPrefix("x-ms-meta-") { metadata[String(name.dropFirst("x-ms-meta-".count))] = field.value }
        }
        guard metadata.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) <= 8192 else {
            throw ControlError(.badRequest, "MetadataTooLarge", "a blob's metadata have 8192 bytes at most")
        }
        return metadata
    }

    private static func attributes(_ modified: Timestamp) -> HTTPFields {
        var headers: HTTPFields = [.eTag: "\"\(String(modified.milliseconds, radix: 16))\""]
        headers[.lastModified] = HTTPDate.text(at: modified)
        headers["x-ms-version"] = "2025-01-05"
        return headers
    }
}

extension BlobPath {
    /// Where a block of it waits until the list of blocks comes; nil for an id that is none.
    fileprivate func block(_ id: String) -> BlobPath? {
        guard !id.isEmpty, id.utf8.count <= 96 else { return nil }
        let name = id.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return BlobPath(container: ".blocks-" + Secrets.signature(of: relative, key: "block").prefix(32), path: name)
    }
}

/// `<BlockList><Latest>ID</Latest>…</BlockList>`, as the blob service takes it.
struct BlockList: Sendable {
    let ids: [String]

    init(_ text: String) throws(ControlError) {
        var ids: [String] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "<Latest>") ?? rest.firstRange(of: "<Uncommitted>") {
            guard let close = rest[open.upperBound...].firstRange(of: "</") else {
                throw ControlError(.badRequest, "InvalidXmlDocument", "the list of blocks is no XML")
            }
            ids.append(String(rest[open.upperBound..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        guard text.contains("<BlockList"), ids.count <= 50_000 else {
            throw ControlError(.badRequest, "InvalidXmlDocument", "this is no list of blocks")
        }
        self.ids = ids
    }
}

extension HTTPFields {
    /// By a name that is no constant of HTTP.
    subscript(_ name: String) -> String? {
        get { HTTPField.Name(name).flatMap { self[$0] } }
        set {
            guard let name = HTTPField.Name(name) else { return }
            self[name] = newValue
        }
    }
}
