internal import Rollouts

/// The server of a deployment: its image, and the port and paths on which it listens.
struct ServedImage: Hashable, Sendable {
    var image: String
    var scoring: Route
    var liveness: Route
    var readiness: Route

    struct Route: Hashable, Sendable {
        var port: Int
        var path: String
    }

    /// The default port of Azure's inference images (azureml-inference-server-http).
    static let usualPort = 5001
    static let defaultScoringPath = "/score"

    /// Fails if neither the settings nor the file set an image.
    init?(_ definition: DeploymentDefinition, _ settings: KubernetesSettings) {
        let environment = definition.document["environment"]
        let given = settings.images[definition.name] ?? settings.image ?? environment?["image"]?.string
        guard let given, !given.isEmpty else { return nil }
        image = given
        scoring = Self.scoring(of: definition)
        let config = environment?["inference_config"]
        liveness = Route(config?["liveness_route"], port: scoring.port, path: "/")
        readiness = Route(config?["readiness_route"], port: scoring.port, path: "/")
    }

    /// The port and path for predictions.
    static func scoring(of definition: DeploymentDefinition) -> Route {
        Route(
            definition.document["environment"]?["inference_config"]?["scoring_route"], port: usualPort,
            path: defaultScoringPath)
    }
}

extension ServedImage.Route {
    fileprivate init(_ value: Value?, port: Int, path: String) {
        let given = value?["path"]?.string ?? path
        self.init(port: value?["port"]?.integer ?? port, path: given.hasPrefix("/") ? given : "/" + given)
    }
}
