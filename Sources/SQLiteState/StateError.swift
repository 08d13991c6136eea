/// Why a state file could not be used, and what to do about it.
package struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The disk or the user's quota is full; nothing of the transaction was kept.
        case noSpace
        case inputOutput
        /// Another process held the lock for longer than the patience.
        case busy
        case readOnly
        case cannotOpen
        /// Not an SQLite file.
        case notADatabase
        /// An SQLite file of another program.
        case foreign(applicationID: Int32)
        /// Written by a later version of Turnout.
        case newer(found: Int, known: Int)
        /// Written by an earlier version of Turnout and opened read-only, so that it cannot be migrated.
        case older(found: Int, known: Int)
        case corrupt
        /// A constraint of the schema refused the change.
        case constraint
        /// An error that a user cannot have caused.
        case unexpected
    }

    package var code: Code
    /// The path of the file or folder that the error is about.
    package var path: String
    /// A sentence that names the path, says what is wrong, and what to do about it.
    package var message: String

    package init(_ code: Code, path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    package var description: String { message }
}
