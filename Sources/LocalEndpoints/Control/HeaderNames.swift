internal import HTTPTypes

/// ARM's own headers.
extension HTTPField.Name {
    static let asyncOperation = known("Azure-AsyncOperation")
    static let operationTimeout = known("x-ms-async-operation-timeout")
    static let requestID = known("x-ms-request-id")
    static let clientRequestID = known("x-ms-client-request-id")
    static let errorCode = known("x-ms-error-code")

    /// Every name above is a token, so that the header of the same meaning in HTTP itself never takes its place.
    private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .warning }
}
