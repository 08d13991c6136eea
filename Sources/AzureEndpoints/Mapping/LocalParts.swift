internal import AssetFiles
package import Rollouts

extension DeploymentDefinition {
    /// The parts that the file brings instead of referring to a registered asset, for example `model: path ../model`.
    ///
    /// They are uploaded before the deployment is created.
    package var localParts: [String] {
        var parts: [String] = []
        func look(_ key: String, _ value: Value?) {
            switch value {
            case .string(let text) where text.isLocalPath: parts.append("\(key): \(text)")
            case .mapping(let members):
                let named = ["path", "conda_file", "image", "build"].first { members[$0] != nil }
                parts.append(named.map { "\(key): \($0) \(members[$0]?.string ?? "inline")" } ?? "\(key): inline")
            default: break
            }
        }
        look("model", document["model"])
        look("environment", document["environment"])
        look("code_configuration.code", document["code_configuration"]?["code"])
        for (name, collection) in (document["data_collector"]?["collections"]?.members ?? [:]) {
            if let data = collection["data"], data.string != nil || data["path"] != nil {
                look("data_collector.collections.\(name).data", data)
            }
        }
        return parts.sorted()
    }
}
