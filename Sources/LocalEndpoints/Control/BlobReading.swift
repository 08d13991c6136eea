internal import AzureEndpoints
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Routes that read and list blobs, with the answers of Azure's blob service.
struct BlobReading: Sendable {
    let routes: BlobRoutes
    private var plane: ControlPlane { routes.plane }

    private static let container = "/{store}/{container}"
    private static let blob = container + "/{path...}"

    func add(to table: inout RouteTable) {
        table.on(.get, Self.container) { request in try readContainer(request) }
        table.on(.head, Self.container) { request in try readContainer(request) }
        table.on(.get, Self.blob) { request in try read(request) }
        table.on(.head, Self.blob) { request in try read(request) }
    }

    private func readContainer(_ request: ControlRequest) throws -> Response {
        let container = try routes.container(request, reading: true)
        switch (request.query["restype"], request.query["comp"]) {
        case ("container", "list"): return try list(container, request)
        case ("container", nil): return Response(status: .ok, headers: BlobRoutes.versionHeaders)
        default:
            throw ControlError(
                .badRequest, "InvalidQueryParameterValue",
                "a container supports only ?restype=container&comp=list and ?restype=container")
        }
    }

    private func list(_ container: BlobPath, _ request: ControlRequest) throws -> Response {
        let query = request.query
        let most = query["maxresults"].map { Int($0) ?? 0 } ?? BlobListing.most
        guard most > 0 else {
            throw ControlError(
                .badRequest, "OutOfRangeQueryParameterValue", "maxresults must be an integer greater than 0")
        }
        let listing = BlobListing(
            prefix: query["prefix"] ?? "", delimiter: query["delimiter"].flatMap { $0.isEmpty ? nil : $0 },
            marker: query["marker"] ?? "", most: min(most, BlobListing.most))
        let withMetadata = query["include"]?.split(separator: ",").contains("metadata") ?? false
        let text = try listing.xml(
            of: try plane.blobs.blobs(in: container), container: container.container,
            service: "\(request.origin)/\(request.parameter("store"))/"
        ) { blob in
            guard let attributes = try plane.blobs.attributes(of: blob) else { return nil }
            return (attributes, withMetadata ? try plane.store.metadata(ofBlob: blob.relative) ?? [:] : [:])
        }
        var headers = BlobRoutes.versionHeaders
        headers[.contentType] = "application/xml; charset=utf-8"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private func read(_ request: ControlRequest) throws -> Response {
        let blob = try routes.container(request, reading: true)
        if let comp = request.query["comp"], comp != "metadata" || request.method != .head {
            throw ControlError(.badRequest, "InvalidQueryParameterValue", "comp=\(comp) is not supported for reads")
        }
        guard let attributes = try plane.blobs.attributes(of: blob) else {
            throw ControlError(.notFound, "BlobNotFound", "there is no blob \(blob.relative)")
        }
        var headers = BlobRoutes.headers(attributes)
        headers["x-ms-blob-type"] = "BlockBlob"
        for (name, value) in try plane.store.metadata(ofBlob: blob.relative) ?? [:] {
            headers["x-ms-meta-" + name] = value
        }
        if let wanted = request.headers[.ifMatch], wanted != "*", !Self.names(wanted, attributes.etag) {
            throw ControlError(
                .preconditionFailed, "ConditionNotMet", "the blob has changed since it was read",
                target: "If-Match")
        }
        if let known = request.headers[.ifNoneMatch], known == "*" || Self.names(known, attributes.etag) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = "application/octet-stream"
        headers[.acceptRanges] = "bytes"
        let said = request.header("x-ms-range") ?? request.headers[.range]
        guard request.method == .get, let range = said.flatMap(ByteRange.init) else {
            headers[.contentLength] = String(attributes.size)
            return response(.ok, headers, blob, 0..<attributes.size)
        }
        guard let bytes = range.within(attributes.size) else {
            var error = ControlError(
                .rangeNotSatisfiable, "InvalidRange",
                "the range is outside the blob, which has \(attributes.size) bytes")
            error.contentRange = "bytes */\(attributes.size)"
            throw error
        }
        headers[.contentRange] = "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(attributes.size)"
        return response(.partialContent, headers, blob, bytes)
    }

    private func response(
        _ status: HTTPResponse.Status, _ headers: HTTPFields, _ blob: BlobPath, _ bytes: Range<Int>
    ) -> Response {
        let blobs = plane.blobs
        return Response(
            status: status, headers: headers,
            body: ResponseBody(contentLength: bytes.count) { writer in
                var file = try blobs.reader(blob, bytes)
                while let part = try file.next() { try await writer.write(part) }
                try await writer.finish(nil)
            })
    }

    /// Whether a comma-separated list of ETags contains `etag`.
    private static func names(_ list: String, _ etag: String) -> Bool {
        list.split(separator: ",").contains { $0.filter { $0 != " " } == etag }
    }
}

/// A single range of a request: `bytes=0-1023`, `bytes=1024-` or `bytes=-512`.
///
/// Other forms, such as several ranges, cannot be parsed; the whole blob is sent for them.
struct ByteRange: Hashable, Sendable {
    private var first: Int?
    private var last: Int?

    init?(_ text: String) {
        guard text.lowercased().hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        let areDigits = ends.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard ends.count == 2, areDigits else { return nil }
        (first, last) = (Int(ends[0]), Int(ends[1]))
        guard ends.allSatisfy({ $0.isEmpty || Int($0) != nil }), first != nil || last != nil else { return nil }
        if let first, let last, first > last { return nil }
    }

    /// The byte positions of the range in a blob of `size` bytes; nil if the range lies outside of it.
    func within(_ size: Int) -> Range<Int>? {
        guard let first else {
            let count = min(last ?? 0, size)
            return count > 0 ? size - count..<size : nil
        }
        return first < size ? first..<(min(last ?? size, size - 1) + 1) : nil
    }
}
