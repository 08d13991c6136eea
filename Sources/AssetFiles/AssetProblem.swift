/// Why the files of an asset cannot be used, in a sentence that names the file.
package struct AssetProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    /// The key of the deployment file that names them, such as `code_configuration.code`; empty if it is unknown.
    package var member: String

    package init(_ message: String, member: String = "") {
        self.message = message
        self.member = member
    }

    package var description: String { message }
}
