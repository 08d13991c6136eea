/// Where the control plane is, and how to be let in.
package struct AzureConnection: Sendable {
    /// `https://management.azure.com`, or where an emulator listens.
    package var origin: String
    /// A bearer token; it is asked for before each request, and never told.
    package var token: @Sendable () async throws -> String

    package init(origin: String, token: @escaping @Sendable () async throws -> String) {
        self.origin = origin
        self.token = token
    }
}
