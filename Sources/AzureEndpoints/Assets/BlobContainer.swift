internal import AssetFiles
internal import FoundationEssentials
internal import HTTPTransport
internal import RolloutEngine
internal import Rollouts
internal import Support

/// A container of Azure's blob service or of the emulator, accessed with a shared access signature.
struct BlobContainer: Sendable {
    /// `https://ACCOUNT.blob.core.windows.net/CONTAINER`, without a trailing slash.
    let url: String
    /// The signature, without its question mark.
    let signature: String
    let transport: any Transport

    private static let version = "2023-11-03"
    /// The block size in bytes.
    ///
    /// Larger files are sent in blocks of this size.
    private static let block = 32 << 20
    /// The timeout of one request, which carries at most one block.
    private static let patience = Interval.minutes(15)

    /// Creates a container from a signed URL: `https://HOST/…/CONTAINER?SIGNATURE`.
    init(signed address: String, transport: any Transport) throws(BackendError) {
        let parts = address.split(separator: "?", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased().hasPrefix("https://") else {
            throw BackendError(.unavailable, "the server returned no signed https URL for the upload")
        }
        self.init(url: String(parts[0]), signature: String(parts[1]), transport: transport)
    }

    init(url: String, signature: String, transport: any Transport) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.signature = signature.hasPrefix("?") ? String(signature.dropFirst()) : signature
        self.transport = transport
    }

    /// The blob's metadata; `nil` if the blob does not exist.
    func metadata(of blob: String) async throws -> [String: String]? {
        let answer = try await send(.head, blob)
        if answer.status == 404 { return nil }
        try check(answer, blob)
        let prefix = "x-ms-meta-"
        let named = answer.headers.filter { $0.name.lowercased().hasPrefix(prefix) }
            .map { ($0.name.lowercased().dropFirst(prefix.count), $0.value) }
        return Dictionary(named.map { (String($0), $1) }, uniquingKeysWith: { first, _ in first })
    }

    func set(_ metadata: [String: String], of blob: String) async throws {
        let headers = metadata.sorted { $0.key < $1.key }.map { (name: "x-ms-meta-\($0.key)", value: $0.value) }
        try check(try await send(.put, blob, query: ["comp=metadata"], headers: headers, body: Data()), blob)
    }

    /// Uploads the file at `place`, replacing an existing blob.
    func put(_ place: String, size: Int, as blob: String) async throws {
        var reader = try AssetReader(place)
        guard size > Self.block else {
            let bytes = Data(try reader.next(Self.block + 1))
            guard bytes.count <= Self.block else { throw AssetProblem("\(place) is being modified by another process") }
            let headers = [(name: "x-ms-blob-type", value: "BlockBlob")]
            return try check(try await send(.put, blob, headers: headers, body: bytes), blob)
        }
        var list = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>"
        var number = 0
        while true {
            let bytes = Data(try reader.next(Self.block))
            guard !bytes.isEmpty else { break }
            let digits = String(number)
            let id = Data((String(repeating: "0", count: 10 - digits.count) + digits).utf8).base64EncodedString()
            let query = ["comp=block", "blockid=\(PercentEncoding.encoded(id))"]
            try check(try await send(.put, blob, query: query, body: bytes), blob)
            list += "<Latest>\(id)</Latest>"
            number += 1
        }
        list += "</BlockList>"
        try check(try await send(.put, blob, query: ["comp=blocklist"], body: Data(list.utf8)), blob)
    }

    private func send(
        _ method: HTTPRequest.Method, _ blob: String, query: [String] = [],
        headers: [HTTPHeader] = [], body: Data? = nil
    ) async throws -> BufferedResponse {
        let path = blob.split(separator: "/").map { PercentEncoding.encoded(String($0)) }.joined(separator: "/")
        let address = "\(url)/\(path)?" + (query + [signature]).joined(separator: "&")
        let headers = headers + [(name: "x-ms-version", value: Self.version)]
        do {
            return try await transport.exchange(
                HTTPRequest(method, address, headers: headers, body: body, timeout: Self.patience))
        } catch let failure as TransportFailure {
            throw BackendError(.unavailable, failure.message)
        }
    }

    private func check(_ answer: BufferedResponse, _ blob: String) throws(BackendError) {
        guard !(200..<300).contains(answer.status) else { return }
        let code = answer["x-ms-error-code"].map { " (\($0))" } ?? ""
        let isTemporary = answer.status == 408 || answer.status == 429 || answer.status >= 500
        throw BackendError(
            isTemporary ? .unavailable : .refused,
            "the upload of \(blob) failed: the blob store returned HTTP status \(answer.status)\(code)")
    }
}
