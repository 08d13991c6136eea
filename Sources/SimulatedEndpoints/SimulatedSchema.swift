internal import GRDB
internal import SQLiteState

extension StateSchema {
    /// The tables of `simulated.sqlite`; names are stored in lower case because they are case-insensitive.
    static let simulated = StateSchema(
        name: "simulation",
        // The ASCII codes of "Tsim".
        applicationID: 0x5473_696D,
        migrations: [createTables])

    private static let createTables: @Sendable (Database) throws -> Void = { db in
        try db.execute(
            sql: """
                CREATE TABLE world (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    time INTEGER NOT NULL,
                    wall INTEGER NOT NULL
                ) STRICT;
                CREATE TABLE simulation (
                    kind TEXT NOT NULL,
                    name TEXT NOT NULL,
                    version INTEGER NOT NULL,
                    present INTEGER NOT NULL,
                    state TEXT NOT NULL,
                    PRIMARY KEY (kind, name)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE history (
                    kind TEXT NOT NULL,
                    name TEXT NOT NULL,
                    number INTEGER NOT NULL,
                    accepted_key TEXT,
                    entry TEXT NOT NULL,
                    PRIMARY KEY (kind, name, number),
                    FOREIGN KEY (kind, name) REFERENCES simulation
                ) STRICT, WITHOUT ROWID;
                CREATE UNIQUE INDEX history_by_key ON history (kind, name, accepted_key)
                    WHERE accepted_key IS NOT NULL;
                CREATE TABLE line (
                    kind TEXT NOT NULL,
                    name TEXT NOT NULL,
                    deployment TEXT NOT NULL,
                    number INTEGER NOT NULL,
                    at INTEGER NOT NULL,
                    instance TEXT,
                    text TEXT NOT NULL,
                    PRIMARY KEY (kind, name, deployment, number),
                    FOREIGN KEY (kind, name) REFERENCES simulation
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE checkpoint (
                    kind TEXT NOT NULL,
                    name TEXT NOT NULL,
                    cursor INTEGER NOT NULL,
                    totals TEXT NOT NULL,
                    PRIMARY KEY (kind, name, cursor),
                    FOREIGN KEY (kind, name) REFERENCES simulation
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
