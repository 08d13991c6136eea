/// The part of a deployment that can serve it.
///
/// A simulation replaces it only if its profile says `replaces_code: true`: measurements of a profile must not be
/// mistaken for those of a model.
package enum OwnServer: Codable, Hashable, Sendable {
    /// A scoring script and its code; `environment` describes where it runs, such as `Python 3.12, conda`.
    case script(name: String, code: String, environment: String?)
    /// A model in MLflow's format, which needs no script.
    case mlflowModel(String)
    /// The container of an environment that defines its own routes (`inference_config`).
    case container(image: String?)

    /// The name of this part of the deployment.
    package var part: String {
        switch self {
        case .script: "code"
        case .mlflowModel: "MLflow model"
        case .container: "container"
        }
    }
}

extension OwnServer: CustomStringConvertible {
    /// For example `score.py of ./code (Python 3.12, conda)`.
    package var description: String {
        switch self {
        case .script(let name, let code, let environment):
            "\(name) of \(code)" + (environment.map { " (\($0))" } ?? "")
        case .mlflowModel(let model): "MLflow model \(model)"
        case .container(let image): image.map { "container \($0)" } ?? "container of its environment"
        }
    }
}

extension DeploymentDefinition {
    /// What serves the deployment, for people, such as `score.py of ./code (Python 3.12, conda)` or `./serve.sh
    /// --fast`; `nil` if unknown.
    package var server: String? {
        guard let serving else { return ownServer?.description }
        if case .list(let words)? = serving["command"] { return words.compactMap(\.string).joined(separator: " ") }
        if let address = serving["external"]?.string { return address }
        guard let profile = serving["simulate"] else { return nil }
        guard profile["replaces_code"]?.bool == true, let ownServer else {
            return "simulated (latency profile of the playbook)"
        }
        return "simulated in place of its \(ownServer.part) (replaces_code)"
    }
}
