internal import FoundationEssentials
internal import GRDB
internal import SQLiteState

extension StateSchema {
    /// The journal's schema; its `application_id` is "Turn" in ASCII.
    static let journal = StateSchema(
        name: "journal", applicationID: 0x5475_726E, oldestReadable: 3,
        migrations: [
            { try $0.execute(sql: firstTables) },
            { try $0.execute(sql: homeTable, arguments: [UUID().uuidString.lowercased()]) },
            { try $0.execute(sql: endedEarly) },
            // Version 4 adds the event `gate.expired`, which earlier versions cannot read. No table changes.
            { _ in },
        ])

    /// Version 2 adds an ID that distinguishes state folders that share a backend.
    ///
    /// The definition is short, so that all table definitions stay on the file's first page: a journal in which another
    /// page is damaged can still be opened and diagnosed.
    private static let homeTable = """
        CREATE TABLE home (id TEXT NOT NULL) STRICT;
        INSERT INTO home (id) VALUES (?);
        """

    /// Version 3 adds the status `ended_early` and the group that an approver was found to be in.
    ///
    /// A wider CHECK does not affect the table's contents, so its definition is replaced in place, as SQLite's
    /// documentation of ALTER TABLE describes; RESET reads the new definition.
    private static let endedEarly = """
        ALTER TABLE requests ADD COLUMN member_of TEXT;
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, '''aborted''))', '''aborted'', ''ended_early''))')
            WHERE type = 'table' AND name = 'runs';
        PRAGMA writable_schema = RESET;
        """

    /// The tables of version 1.
    ///
    /// Times are in milliseconds since 1970 in UTC. Large columns come last, so that the others can be read without
    /// them.
    private static let firstTables = """
        -- The bytes of every file and plan header that a run was made from, by their SHA-256.
        CREATE TABLE definitions (
            digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
            bytes BLOB NOT NULL
        ) STRICT;

        CREATE TABLE runs (
            id TEXT NOT NULL PRIMARY KEY,
            playbook TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number >= 1),
            backend TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            lease_key TEXT NOT NULL,
            status TEXT NOT NULL
                CHECK (status IN ('running', 'waiting', 'held', 'succeeded', 'rolled_back', 'failed', 'aborted')),
            position INTEGER NOT NULL CHECK (position >= 0),
            starter TEXT NOT NULL,
            started INTEGER NOT NULL,
            ended INTEGER,
            parent_run TEXT REFERENCES runs (id),
            parent_stage TEXT,
            plan_hash TEXT NOT NULL CHECK (length(plan_hash) = 64),
            header_digest TEXT NOT NULL REFERENCES definitions (digest),
            event_count INTEGER NOT NULL CHECK (event_count >= 0),
            head_hash TEXT NOT NULL CHECK (length(head_hash) = 64),
            reason TEXT,
            record TEXT NOT NULL,
            UNIQUE (playbook, number),
            CHECK (id = playbook || '-' || number),
            CHECK ((parent_run IS NULL) = (parent_stage IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX unfinished_runs ON runs (lease_key) WHERE status IN ('running', 'waiting', 'held');

        -- The truth: what the other tables say follows from these lines, each of which holds the hash of the one before.
        CREATE TABLE events (
            run TEXT NOT NULL REFERENCES runs (id),
            sequence INTEGER NOT NULL CHECK (sequence >= 1),
            at INTEGER NOT NULL,
            stage TEXT,
            kind TEXT NOT NULL,
            epoch INTEGER NOT NULL CHECK (epoch >= 0),
            previous_hash TEXT NOT NULL CHECK (length(previous_hash) = 64),
            hash TEXT NOT NULL CHECK (length(hash) = 64),
            payload TEXT NOT NULL,
            PRIMARY KEY (run, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE stages (
            run TEXT NOT NULL REFERENCES runs (id),
            position INTEGER NOT NULL CHECK (position >= 0),
            name TEXT NOT NULL,
            action TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN
                ('pending', 'running', 'waiting', 'held', 'succeeded', 'skipped', 'failed', 'rolled_back')),
            attempts INTEGER NOT NULL CHECK (attempts >= 0),
            started INTEGER,
            ended INTEGER,
            reason TEXT,
            definition BLOB NOT NULL,
            PRIMARY KEY (run, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE run_files (
            run TEXT NOT NULL REFERENCES runs (id),
            path TEXT NOT NULL,
            digest TEXT NOT NULL REFERENCES definitions (digest),
            PRIMARY KEY (run, path)
        ) STRICT, WITHOUT ROWID;

        -- used_by: sequence of the last event of the commit that used the request.
        CREATE TABLE requests (
            run TEXT NOT NULL REFERENCES runs (id),
            number INTEGER NOT NULL CHECK (number >= 1),
            kind TEXT NOT NULL CHECK (kind IN
                ('approve', 'reject', 'abort', 'skip', 'succeed', 'retry', 'restore', 'adopt')),
            stage TEXT,
            attempt INTEGER,
            plan_hash TEXT NOT NULL,
            fingerprint TEXT,
            person TEXT NOT NULL,
            host TEXT NOT NULL,
            at INTEGER NOT NULL,
            reason TEXT,
            evidence TEXT,
            used_by INTEGER CHECK (used_by >= 1),
            PRIMARY KEY (run, number)
        ) STRICT, WITHOUT ROWID;
        CREATE VIEW approvals AS
            SELECT run, number, kind AS decision, stage, attempt, person, host, at, reason, evidence, plan_hash,
                fingerprint, used_by
            FROM requests WHERE kind IN ('approve', 'reject');

        -- One line per endpoint, kept when the lease is released so that epochs never go down. heartbeat: milliseconds
        -- since the machine with that boot id started.
        CREATE TABLE leases (
            key TEXT NOT NULL PRIMARY KEY,
            epoch INTEGER NOT NULL CHECK (epoch >= 1),
            run TEXT,
            process INTEGER NOT NULL,
            process_started INTEGER NOT NULL,
            boot TEXT NOT NULL,
            host TEXT NOT NULL,
            acquired INTEGER NOT NULL,
            heartbeat INTEGER NOT NULL,
            heartbeat_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
