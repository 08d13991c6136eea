package import GRDB

/// Whose a file of state is, and how its tables came to be what they are.
package struct StateSchema: Sendable {
    /// What the file is to people: `journal`.
    package var name: String
    /// SQLite's `application_id`; not 0, which every file has that nobody claims.
    package var applicationID: Int32
    /// The step at index n leads from version n to version n + 1; published steps never change.
    package var migrations: [@Sendable (Database) throws -> Void]

    /// SQLite's `user_version` after all migrations.
    package var version: Int { migrations.count }

    /// The oldest version that can be read as it is, since no later one has changed a table.
    package var oldestReadable: Int

    /// Without `oldestReadable`, only the newest version can be read.
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
    /// The process's end, not the machine's: for what can be made again.
    case normal = 1
    /// Power loss.
    case full = 2
}
