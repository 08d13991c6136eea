internal import Rollouts

/// Translates between `data_collector` of a file and `dataCollector` on the wire.
///
/// A file has one sampling rate; the wire repeats it in each collection.
struct DataCollector {
    private let data: AssetReference

    init(in workspace: WorkspaceID) { data = AssetReference(.data, in: workspace) }

    func wire(_ document: Value) throws(MappingProblem) -> Value {
        var collections: [String: Value] = [:]
        for (name, collection) in document["collections"]?.members ?? [:] {
            collections[name] = try wire(collection, samplingRate: document["sampling_rate"])
        }
        let headers = document["request_logging"]?["capture_headers"]
        let members: [String: Value?] = [
            "collections": .mapping(collections),
            "rollingRate": document["rolling_rate"]?.string.map { .string($0.pascalCased) },
            "requestLogging": headers.map { ["captureHeaders": $0] },
        ]
        return .mapping(members.compactMapValues { $0 })
    }

    private func wire(_ collection: Value, samplingRate: Value?) throws(MappingProblem) -> Value {
        let isEnabled = collection["enabled"]?.word?.lowercased() == "true"
        var members: [String: Value] = ["dataCollectionMode": isEnabled ? "Enabled" : "Disabled"]
        members["clientId"] = collection["client_id"]
        members["samplingRate"] = samplingRate
        if let text = dataReference(collection["data"]) { members["dataId"] = .string(try data.wire(text)) }
        return .mapping(members)
    }

    /// A reference, or the name and version of an inline one.
    private func dataReference(_ value: Value?) -> String? {
        if let text = value?.string { return text }
        guard let name = value?["name"]?.word, let version = value?["version"]?.word else { return nil }
        return "azureml:\(name):\(version)"
    }

    func document(_ wire: Value) -> Value? {
        var rate: Value?
        var collections: [String: Value] = [:]
        for (name, collection) in (wire["collections"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
            rate = rate ?? collection["samplingRate"]
            let isEnabled = collection["dataCollectionMode"]?.string?.lowercased() == "enabled"
            collections[name] = .present([
                "enabled": isEnabled ? "true" : "false", "client_id": collection["clientId"],
                "data": collection["dataId"]?.string.map { .string(data.document($0)) },
            ])
        }
        let headers = wire["requestLogging"]?["captureHeaders"]
        return .present([
            "collections": collections.isEmpty ? nil : .mapping(collections), "sampling_rate": rate,
            "rolling_rate": wire["rollingRate"]?.string.map { .string($0.snakeCased) },
            "request_logging": headers.map { ["capture_headers": $0] },
        ])
    }
}
