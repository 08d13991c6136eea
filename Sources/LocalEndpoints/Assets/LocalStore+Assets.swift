internal import AzureEndpoints
internal import GRDB
internal import Rollouts
internal import SQLiteState

extension LocalStore {
    func asset(_ kind: AssetKind, _ name: String, _ version: String) throws(EmulatorError) -> AssetRecord? {
        try assets(kind, "name = ? AND version = ?", [name.lowercased(), version]).first
    }

    /// The asset that a deployment names, in its latest version if none is named; nil if it is not registered.
    func asset(_ kind: AssetKind, _ reference: AssetReference) throws(EmulatorError) -> AssetRecord? {
        guard let version = reference.version else { return try latest(kind, reference.name) }
        return try asset(kind, reference.name, version)
    }

    func latest(_ kind: AssetKind, _ name: String) throws(EmulatorError) -> AssetRecord? {
        try versions(kind, name).first
    }

    /// The versions of an asset, most recently registered first.
    ///
    /// With `hash`, all versions with that hash whatever their name, since clients ask with a random name.
    func versions(_ kind: AssetKind, _ name: String, hash: String? = nil) throws(EmulatorError) -> [AssetRecord] {
        guard let hash else { return try assets(kind, "name = ?", [name.lowercased()]) }
        return try assets(kind, "hash = ?", [hash])
    }

    /// The latest version of every asset of a kind.
    func latest(_ kind: AssetKind) throws(EmulatorError) -> [AssetRecord] {
        var seen: Set<String> = []
        return try assets(kind, "1", []).filter { seen.insert($0.name.lowercased()).inserted }
    }

    func keep(_ asset: AssetRecord) throws(EmulatorError) {
        try write { db in
            try db.run(
                """
                INSERT INTO asset (kind, name, version, created, hash, record) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (kind, name, version) DO UPDATE SET hash = excluded.hash, record = excluded.record
                """,
                [
                    asset.kind.rawValue, asset.name.lowercased(), asset.version, asset.created.milliseconds, asset.hash,
                    try JSONText.line(asset),
                ])
        }
    }

    /// The metadata that clients stored for a blob; nil if there is none.
    func metadata(ofBlob path: String) throws(EmulatorError) -> [String: String]? {
        try read { db in
            try db.firstRow("SELECT metadata FROM blob WHERE path = ?", [path]) {
                try JSONText.decode([String: String].self, from: $0.text(0))
            }
        }
    }

    func keep(metadata: [String: String], ofBlob path: String) throws(EmulatorError) {
        try write { db in
            try db.run(
                "INSERT INTO blob (path, metadata) VALUES (?, ?) "
                    + "ON CONFLICT (path) DO UPDATE SET metadata = excluded.metadata",
                [path, try JSONText.line(metadata)])
        }
    }

    /// Reads assets by an SQL condition, which must never come from a client.
    private func assets(_ kind: AssetKind, _ condition: String, _ arguments: [any DatabaseValueConvertible])
        throws(EmulatorError) -> [AssetRecord]
    {
        try read { db in
            var records: [AssetRecord] = []
            try db.forEachRow(
                "SELECT record FROM asset WHERE kind = ? AND \(condition) ORDER BY created DESC, version DESC",
                [kind.rawValue] + arguments
            ) { records.append(try JSONText.decode(AssetRecord.self, from: $0.text(0))) }
            return records
        }
    }
}
