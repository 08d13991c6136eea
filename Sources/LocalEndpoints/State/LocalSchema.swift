internal import GRDB
internal import SQLiteState

extension StateSchema {
    /// The tables of `local.sqlite`; names are stored in lower case, since they are case-insensitive.
    static let local = StateSchema(
        name: "emulator's state",
        // "Tloc" in ASCII.
        applicationID: 0x546C_6F63,
        migrations: [createTables])

    private static let createTables: @Sendable (Database) throws -> Void = { db in
        try db.execute(
            sql: """
                CREATE TABLE setting (
                    name TEXT PRIMARY KEY,
                    value TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE endpoint (
                    name TEXT PRIMARY KEY,
                    record TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE operation (
                    id TEXT PRIMARY KEY,
                    started INTEGER NOT NULL,
                    record TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX operation_by_start ON operation (started);
                CREATE TABLE sender (
                    endpoint TEXT PRIMARY KEY,
                    epoch INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE history (
                    endpoint TEXT NOT NULL,
                    number INTEGER NOT NULL,
                    accepted_key TEXT,
                    entry TEXT NOT NULL,
                    PRIMARY KEY (endpoint, number)
                ) STRICT, WITHOUT ROWID;
                CREATE UNIQUE INDEX history_by_key ON history (endpoint, accepted_key) WHERE accepted_key IS NOT NULL;
                CREATE TABLE totals (
                    endpoint TEXT PRIMARY KEY,
                    totals TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE checkpoint (
                    endpoint TEXT NOT NULL,
                    cursor INTEGER NOT NULL,
                    totals TEXT NOT NULL,
                    PRIMARY KEY (endpoint, cursor)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE asset (
                    kind TEXT NOT NULL,
                    name TEXT NOT NULL,
                    version TEXT NOT NULL,
                    created INTEGER NOT NULL,
                    hash TEXT,
                    record TEXT NOT NULL,
                    PRIMARY KEY (kind, name, version)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX asset_by_hash ON asset (kind, hash) WHERE hash IS NOT NULL;
                CREATE TABLE blob (
                    path TEXT PRIMARY KEY,
                    metadata TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
