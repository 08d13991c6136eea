internal import NIOHTTP1

/// What the data plane reads from a request's head, in one pass over its header fields.
struct RequestFacts {
    /// The whole field: `Bearer KEY`.
    var authorization: String?
    /// The deployment that the request names.
    var deployment: String?
    /// Only where it may be echoed.
    var clientRequestID: String?
    var host: String?
    var contentLength: Int?
    var expectsContinue = false
    /// Fields that `Connection` names, which are not passed on.
    var connectionFields: [String] = []

    /// Why a head is no proper request; NIO's parser has refused whatever would leave the length of a body in doubt.
    enum Malformation: Error {
        /// A control character in a field, as a folded line leaves one behind.
        case controlCharacter
        case host
        case contentLength
        /// A coding other than chunks, which would be passed on as if it were none.
        case transferCoding
        /// Chunks of a client of HTTP/1.0, or chunks in chunks.
        case framing
        case expectation
    }

    init(_ head: HTTPRequestHead) throws(Malformation) {
        var (hosts, codings) = (0, 0)
        for (name, value) in head.headers {
            guard !value.hasControlCharacter else { throw .controlCharacter }
            let value = value.trimmingOptionalSpace
            switch HeaderKind(name) {
            case .authorization: authorization = value
            case .deployment: deployment = value
            case .clientRequestID: clientRequestID = Self.mayEcho(value) ? value : nil
            case .host:
                host = value
                hosts += 1
            case .contentLength:
                guard let length = Int(value), length >= 0 else { throw .contentLength }
                contentLength = length
            case .transferEncoding:
                guard value.isEqualIgnoringCase("chunked") else { throw .transferCoding }
                codings += 1
            case .expect:
                guard value.isEqualIgnoringCase("100-continue") else { throw .expectation }
                expectsContinue = head.version.minor > 0
            case .connection: connectionFields += Self.fields(namedBy: value)
            default: break
            }
        }
        guard codings <= head.version.minor else { throw .framing }
        guard hosts == 1 || (hosts == 0 && head.version.minor == 0) else { throw .host }
    }

    /// Letters, digits, `-`, `_`, 40 at most (AzureCompatibility.md).
    static func mayEcho(_ id: String) -> Bool {
        (1...40).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    static func fields(namedBy connection: String) -> [String] {
        if connection.isEqualIgnoringCase("keep-alive") || connection.isEqualIgnoringCase("close") { return [] }
        return connection.split(separator: ",").map { $0.trimmingSpaces.lowercased() }
            .filter { $0 != "keep-alive" && $0 != "close" }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
