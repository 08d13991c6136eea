/// The address of the control plane, and how to authenticate.
package struct AzureConnection: Sendable {
    /// `https://management.azure.com`, or the address of an emulator.
    package var origin: String
    /// Returns a bearer token.
    ///
    /// It is called before each request, and its result is never logged or reported.
    package var token: @Sendable () async throws -> String

    package init(origin: String, token: @escaping @Sendable () async throws -> String) {
        self.origin = origin
        self.token = token
    }
}
