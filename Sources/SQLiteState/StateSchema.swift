package import GRDB

/// Identifies a state file (application ID) and its schema migrations.
package struct StateSchema: Sendable {
    /// The name of the file's contents in messages, such as `journal`.
    package var name: String
    /// SQLite's `application_id`; must not be 0, the default of unidentified files.
    package var applicationID: Int32
    /// The migration at index n leads from version n to version n + 1; published migrations never change.
    package var migrations: [@Sendable (Database) throws -> Void]

    /// SQLite's `user_version` after all migrations.
    package var version: Int { migrations.count }

    /// The oldest version that can be read without migration, because later versions did not change any table.
    package var oldestReadable: Int

    /// Creates a schema; without `oldestReadable`, only the newest version can be read.
    package init(
        name: String, applicationID: Int32, oldestReadable: Int? = nil,
        migrations: [@Sendable (Database) throws -> Void]
    ) {
        self.name = name
        self.applicationID = applicationID
        self.oldestReadable = oldestReadable ?? migrations.count
        self.migrations = migrations
    }
}

/// What a commit survives.
package enum Durability: Int, Sendable {
    /// A commit survives the end of the process but not of the machine, for data that can be recreated.
    case normal = 1
    /// A commit survives power loss.
    case full = 2
}
