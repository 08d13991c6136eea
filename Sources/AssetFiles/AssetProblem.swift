/// Why the files of an asset cannot be used, in a sentence that names the file.
package struct AssetProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    /// The member of the deployment's file that names them: `code_configuration.code`; empty where that is not known.
    package var member: String

    package init(_ message: String, member: String = "") {
        self.message = message
        self.member = member
    }

    package var description: String { message }
}
