/// Digests of what a deployment's local paths lead to: the identity of its files, by which they are stored.
///
/// Each is lowercase hexadecimal SHA-256; nil if the deployment has no such part, or its servers use none.
package struct LocalContents: Hashable, Sendable, Codable {
    /// Of the code, as `azure-ai-ml` finds code again (`get_content_hash`).
    package var code: String?
    /// Of the environment: the version that `azure-ai-ml` gives to one without a name.
    package var environment: String?
    /// Of the model, as `azure-ai-ml` names its uploads (`get_object_hash`).
    package var model: String?
    /// Of the files that a command names.
    package var command: String?

    package init(code: String? = nil, environment: String? = nil, model: String? = nil, command: String? = nil) {
        self.code = code
        self.environment = environment
        self.model = model
        self.command = command
    }
}
