/// Header fields that mean something to the data plane, by name without case.
enum HeaderKind {
    case authorization
    case deployment
    case clientRequestID
    case requestID
    case host
    case contentLength
    case transferEncoding
    case connection
    case expect
    case executionTime
    case functionFailed
    /// Belongs to one connection, or to the platform: never passed on.
    case hop
    case other

    init(_ name: String) {
        self = .other
        for (candidate, kind) in Self.candidates(ofLength: name.utf8.count)
        where name.isEqualIgnoringCase(candidate) {
            self = kind
            return
        }
    }

    /// Few have one length, so that most names are told from all of these by their length.
    private static func candidates(ofLength length: Int) -> [(StaticString, HeaderKind)] {
        length < table.count ? table[length] : []
    }

    private static let table: [[(StaticString, HeaderKind)]] = {
        let all: [(StaticString, HeaderKind)] = [
            ("authorization", .authorization), ("azureml-model-deployment", .deployment),
            ("x-ms-client-request-id", .clientRequestID), ("x-request-id", .requestID), ("host", .host),
            ("content-length", .contentLength), ("transfer-encoding", .transferEncoding),
            ("connection", .connection), ("expect", .expect), ("x-ms-run-fn-exec-ms", .executionTime),
            ("x-ms-run-function-failed", .functionFailed), ("keep-alive", .hop), ("proxy-connection", .hop),
            ("proxy-authenticate", .hop), ("proxy-authorization", .hop), ("te", .hop), ("trailer", .hop),
            ("upgrade", .hop), ("date", .hop),
        ]
        var table = [[(StaticString, HeaderKind)]](repeating: [], count: 32)
        for entry in all { table[entry.0.utf8CodeUnitCount].append(entry) }
        return table
    }()
}
