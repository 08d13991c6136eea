/// Fingerprints of what a deployment's local paths lead to, so that code which is edited in place makes it another
/// definition.
///
/// Each is lowercase hexadecimal SHA-256; nil where the deployment has no such part, or nothing of it is read.
package struct LocalContents: Hashable, Sendable, Codable {
    /// Of the code's folder.
    package var code: String?
    /// Of the Conda file.
    package var environment: String?
    /// Of the model.
    package var model: String?
    /// Of the files that a command's words name.
    package var command: String?

    package init(code: String? = nil, environment: String? = nil, model: String? = nil, command: String? = nil) {
        self.code = code
        self.environment = environment
        self.model = model
        self.command = command
    }
}
