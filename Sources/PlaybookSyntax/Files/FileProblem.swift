/// Why a file cannot be read.
package struct FileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence fragment that names the file.
    package var message: String
    package var help: String?

    package init(message: String) { self.message = message }

    init(_ message: String, help: String? = nil) {
        self.message = message
        self.help = help
    }

    package var description: String { message }
}
