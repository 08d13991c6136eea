internal import Rollouts

/// Translates `identity` of an endpoint between a file and the wire: `system_assigned` and `SystemAssigned`.
extension Identity {
    static let systemAssigned = Identity(type: "SystemAssigned")

    init(document: Value) {
        let types = (document["type"]?.string ?? "system_assigned").split(separator: ",")
        var identities: [String: Value]?
        if case .list(let items) = document["user_assigned_identities"] {
            let names = items.compactMap { $0.string ?? $0["resource_id"]?.string }
            identities = Dictionary(names.map { ($0, [:]) }, uniquingKeysWith: { first, _ in first })
        }
        let type = types.map { String($0.filter { $0 != " " }).pascalCased }.joined(separator: ",")
        self.init(type: type, userAssignedIdentities: identities)
    }

    /// The file's form; `nil` if it is the default.
    var document: Value? {
        let types = (type ?? "SystemAssigned").split(separator: ",").map { String($0.filter { $0 != " " }).snakeCased }
        let identities = userAssignedIdentities?.keys.sorted().map(Value.string)
        guard types != ["system_assigned"] || identities?.isEmpty == false else { return nil }
        return .present([
            "type": .string(types.joined(separator: ",")),
            "user_assigned_identities": identities.flatMap { $0.isEmpty ? nil : .list($0) },
        ])
    }
}
