/// Header fields that the data plane handles, recognized by name without regard to case.
enum HeaderKind {
    case authorization
    case deployment
    case clientRequestID
    case requestID
    case host
    case contentLength
    case contentType
    case transferEncoding
    case connection
    case expect
    case forwardedFor
    case executionTime
    case functionFailed
    /// A field that belongs to one connection or to the platform and is never forwarded.
    case hop
    case other

    init(_ name: String) {
        self = name.withBytes { Self.kind(of: UnsafeRawBufferPointer($0)) }
    }

    /// Compares by length first: few of these names share a length, so that most other names are ruled out at once.
    private static func kind(of name: UnsafeRawBufferPointer) -> HeaderKind {
        func isThis(_ known: StaticString) -> Bool { name.starts(withIgnoringCase: known) }
        return switch name.count {
        case 2 where isThis("te"): .hop
        case 4 where isThis("host"): .host
        case 4 where isThis("date"): .hop
        case 6 where isThis("expect"): .expect
        case 7 where isThis("trailer") || isThis("upgrade"): .hop
        case 10 where isThis("connection"): .connection
        case 10 where isThis("keep-alive"): .hop
        case 12 where isThis("x-request-id"): .requestID
        case 12 where isThis("content-type"): .contentType
        case 13 where isThis("authorization"): .authorization
        case 14 where isThis("content-length"): .contentLength
        case 15 where isThis("x-forwarded-for"): .forwardedFor
        case 16 where isThis("proxy-connection"): .hop
        case 17 where isThis("transfer-encoding"): .transferEncoding
        case 18 where isThis("proxy-authenticate"): .hop
        case 19 where isThis("x-ms-run-fn-exec-ms"): .executionTime
        case 19 where isThis("proxy-authorization"): .hop
        case 22 where isThis("x-ms-client-request-id"): .clientRequestID
        case 24 where isThis("azureml-model-deployment"): .deployment
        case 24 where isThis("x-ms-run-function-failed"): .functionFailed
        default: .other
        }
    }
}
