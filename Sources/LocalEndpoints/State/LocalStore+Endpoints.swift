internal import AzureEndpoints
internal import GRDB
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// The changes that an accepted or refused request saves in one transaction.
struct Kept {
    /// The new state of records.
    var records: [EndpointRecord] = []
    var deleted: [Name] = []
    var operations: [OperationRecord] = []
    /// New entries in the history of endpoints.
    var history: [(endpoint: Name, item: HistoryEntry)] = []
    /// The epoch that was seen; the highest is kept.
    var epoch: (endpoint: Name, epoch: Int)?

    var isEmpty: Bool {
        records.isEmpty && deleted.isEmpty && operations.isEmpty && history.isEmpty && epoch == nil
    }
}

extension LocalStore {
    /// How many operations are kept.
    private static let keptOperationsLimit = 2000
    /// How many entries of an endpoint's history are kept.
    private static let keptHistoryLimit = 20_000

    func records() throws(EmulatorError) -> [EndpointRecord] {
        try read { db in
            var records: [EndpointRecord] = []
            try db.forEachRow("SELECT record FROM endpoint ORDER BY name") {
                records.append(try JSONText.decode(EndpointRecord.self, from: $0.text(0)))
            }
            return records
        }
    }

    func keep(_ kept: Kept) throws(EmulatorError) {
        guard !kept.isEmpty else { return }
        try write { db in
            for record in kept.records {
                try db.run(
                    "INSERT INTO endpoint (name, record) VALUES (?, ?) "
                        + "ON CONFLICT (name) DO UPDATE SET record = excluded.record",
                    [record.name.key, try JSONText.line(record)])
            }
            for name in kept.deleted { try db.run("DELETE FROM endpoint WHERE name = ?", [name.key]) }
            for operation in kept.operations { try db.keep(operation) }
            if !kept.operations.isEmpty {
                try db.run(
                    "DELETE FROM operation WHERE started < "
                        + "(SELECT started FROM operation ORDER BY started DESC LIMIT 1 OFFSET ?)",
                    [Self.keptOperationsLimit])
            }
            for (endpoint, item) in kept.history {
                try db.run(
                    "INSERT INTO history (endpoint, number, accepted_key, entry) VALUES (?, ?, ?, ?)",
                    [
                        endpoint.key, item.number,
                        item.outcome == .accepted ? item.context?.idempotencyKey : nil, try JSONText.line(item),
                    ])
                try db.run(
                    "DELETE FROM history WHERE endpoint = ? AND number <= ?",
                    [endpoint.key, item.number - Self.keptHistoryLimit])
            }
            if let (endpoint, epoch) = kept.epoch {
                try db.run(
                    "INSERT INTO sender (endpoint, epoch) VALUES (?, ?) "
                        + "ON CONFLICT (endpoint) DO UPDATE SET epoch = max(epoch, excluded.epoch)",
                    [endpoint.key, epoch])
            }
        }
    }

    func operation(_ id: String) throws(EmulatorError) -> OperationRecord? {
        try read { db in
            try db.firstRow("SELECT record FROM operation WHERE id = ?", [id.lowercased()]) {
                try JSONText.decode(OperationRecord.self, from: $0.text(0))
            }
        }
    }

    /// The highest epoch seen in changes of `endpoint`; nil if there was none.
    func epoch(of endpoint: Name) throws(EmulatorError) -> Int? {
        try read { db in
            try db.firstRow("SELECT epoch FROM sender WHERE endpoint = ?", [endpoint.key]) { Int($0.integer(0)) }
        }
    }

    /// All requested changes of `endpoint`, oldest first, even if the endpoint was deleted.
    func history(of endpoint: Name) throws(EmulatorError) -> [HistoryEntry] {
        try read { db in
            var items: [HistoryEntry] = []
            try db.forEachRow("SELECT entry FROM history WHERE endpoint = ? ORDER BY number", [endpoint.key]) {
                items.append(try JSONText.decode(HistoryEntry.self, from: $0.text(0)))
            }
            return items
        }
    }

    /// The number of the last entry in the history; 0 if it is empty.
    func historyCount(of endpoint: Name) throws(EmulatorError) -> Int {
        try read { db in
            try db.firstRow("SELECT ifnull(max(number), 0) FROM history WHERE endpoint = ?", [endpoint.key]) {
                Int($0.integer(0))
            } ?? 0
        }
    }

    /// The change that was accepted with an idempotency key; nil if there is none.
    func accepted(_ key: String, of endpoint: Name) throws(EmulatorError) -> HistoryEntry? {
        try read { db in
            try db.firstRow(
                "SELECT entry FROM history WHERE endpoint = ? AND accepted_key = ?", [endpoint.key, key]
            ) { try JSONText.decode(HistoryEntry.self, from: $0.text(0)) }
        }
    }
}

extension Name {
    /// The name in tables and paths: in lower case, since names are case-insensitive.
    var key: String { text.lowercased() }
}

extension Database {
    fileprivate func keep(_ operation: OperationRecord) throws {
        try run(
            "INSERT INTO operation (id, started, record) VALUES (?, ?, ?) "
                + "ON CONFLICT (id) DO UPDATE SET record = excluded.record",
            [operation.id.lowercased(), operation.started.milliseconds, try JSONText.line(operation)])
    }
}
