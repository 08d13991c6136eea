internal import HTTPTypes

/// Headers that are specific to ARM.
enum ARMHeader: String, Sendable {
    case asyncOperation = "Azure-AsyncOperation"
    case operationTimeout = "x-ms-async-operation-timeout"
    case requestID = "x-ms-request-id"
    case clientRequestID = "x-ms-client-request-id"
    case errorCode = "x-ms-error-code"
}

extension HTTPFields {
    subscript(_ header: ARMHeader) -> String? {
        get { HTTPField.Name(header.rawValue).flatMap { self[$0] } }
        set {
            guard let name = HTTPField.Name(header.rawValue) else { return }
            self[name] = newValue
        }
    }
}
