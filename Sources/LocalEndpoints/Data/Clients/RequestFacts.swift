internal import NIOHTTP1

/// The parts of a request's head that the data plane uses, collected in one pass over the header fields.
struct RequestFacts {
    /// The complete value of the field: `Bearer KEY`.
    var authorization: String?
    /// The deployment that the request selects by header.
    var deployment: String?
    /// The client's request ID; `nil` if it must not be echoed.
    var clientRequestID: String?
    var host: String?
    var contentLength: Int?
    var expectsContinue = false
    /// Lowercase names of the fields that `Connection` lists; they are not forwarded.
    var connectionFields: [String] = []

    /// Why a request's head is malformed.
    ///
    /// NIO's parser has already rejected everything else that would make the length of the body ambiguous.
    enum Malformation: Error {
        /// A field contains a control character, for example from a folded line.
        case controlCharacter
        case host
        case contentLength
        /// A transfer coding other than chunked, which would be forwarded as if there were none.
        case transferCoding
        /// Chunked encoding from an HTTP/1.0 client, or applied twice.
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

    /// Whether an ID may be echoed: 1 to 40 letters, digits, `-` or `_` (AzureCompatibility.md).
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
