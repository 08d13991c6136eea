/// The digests of the contents of a deployment's local paths, under which its files are stored.
///
/// Each is lowercase hexadecimal SHA-256, or `nil` if the deployment has no such part or its servers use none.
package struct LocalContents: Hashable, Sendable, Codable {
    /// The digest of the code, computed as by `azure-ai-ml` (`get_content_hash`).
    package var code: String?
    /// The digest of the environment, which `azure-ai-ml` uses as the version of an environment without a name.
    package var environment: String?
    /// The digest of the model, computed as by `azure-ai-ml` for its uploads (`get_object_hash`).
    package var model: String?
    /// The digest of the files that a command refers to.
    package var command: String?

    package init(code: String? = nil, environment: String? = nil, model: String? = nil, command: String? = nil) {
        self.code = code
        self.environment = environment
        self.model = model
        self.command = command
    }
}
