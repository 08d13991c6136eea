internal import AzureEndpoints
internal import GRDB
internal import Rollouts
internal import SQLiteState

extension LocalStore {
    /// How many cursors of an endpoint are kept.
    private static let keptCursorsLimit = 1000

    func totals() throws(EmulatorError) -> [Name: EndpointTotals] {
        try read { db in
            var totals: [Name: EndpointTotals] = [:]
            try db.forEachRow("SELECT endpoint, totals FROM totals") { row in
                totals[Name(row.text(0))] = try JSONText.decode(EndpointTotals.self, from: row.text(1))
            }
            return totals
        }
    }

    /// Saves totals; with `checkpoint`, also saves them under their cursor.
    func keep(_ totals: [Name: EndpointTotals], checkpoint: Bool = false) throws(EmulatorError) {
        guard !totals.isEmpty else { return }
        try write { db in
            for (endpoint, totals) in totals {
                let text = try JSONText.line(totals)
                try db.run(
                    "INSERT INTO totals (endpoint, totals) VALUES (?, ?) "
                        + "ON CONFLICT (endpoint) DO UPDATE SET totals = excluded.totals",
                    [endpoint.key, text])
                guard checkpoint else { continue }
                try db.run(
                    "INSERT INTO checkpoint (endpoint, cursor, totals) VALUES (?, ?, ?) "
                        + "ON CONFLICT (endpoint, cursor) DO UPDATE SET totals = excluded.totals",
                    [endpoint.key, totals.cursor, text])
                try db.run(
                    "DELETE FROM checkpoint WHERE endpoint = ? AND cursor <= ?",
                    [endpoint.key, totals.cursor - Self.keptCursorsLimit])
            }
        }
    }

    func totals(of endpoint: Name, at cursor: Int) throws(EmulatorError) -> EndpointTotals? {
        try read { db in
            try db.firstRow(
                "SELECT totals FROM checkpoint WHERE endpoint = ? AND cursor = ?", [endpoint.key, cursor]
            ) { try JSONText.decode(EndpointTotals.self, from: $0.text(0)) }
        }
    }
}
