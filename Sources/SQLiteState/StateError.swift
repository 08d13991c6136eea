/// Why a file of state could not be used, and what to do about it.
package struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The disk, or the user's share of it, is full. Nothing of the transaction was kept.
        case noSpace
        case inputOutput
        /// Another process kept the lock for longer than the time that is waited.
        case busy
        case readOnly
        case cannotOpen
        /// No SQLite file at all.
        case notADatabase
        /// SQLite, but another program's.
        case foreign(applicationID: Int32)
        /// A later Turnout wrote it.
        case newer(found: Int, known: Int)
        /// An older one, opened only to be read.
        case older(found: Int, known: Int)
        case corrupt
        /// A rule of the schema refused it.
        case constraint
        /// Nothing that a user could have caused.
        case unexpected
    }

    package var code: Code
    /// Of the file, or of the folder, that it is about.
    package var path: String
    /// A sentence that names the path, says what is wrong and what to do.
    package var message: String

    package init(_ code: Code, path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    package var description: String { message }
}
