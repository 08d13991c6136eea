internal import RolloutStatistics
package import Rollouts

/// The routing table of the data plane, replaced as a whole so that no request sees a partial change.
package struct RoutingTable: Sendable {
    package var endpoints: [EndpointRoute]

    package init(endpoints: [EndpointRoute] = []) { self.endpoints = endpoints }
}

/// The routes of one endpoint.
package struct EndpointRoute: Sendable {
    package var name: Name
    /// The accepted credentials; if there are none, all requests are rejected.
    package var credentials: [Credential]
    /// Percent of live requests per deployment; sums to 0 or 100.
    package var traffic: Traffic
    /// Percent of live requests that are mirrored, to one deployment.
    package var mirrorTraffic: Traffic
    package var deployments: [DeploymentRoute]

    package init(
        name: Name, credentials: [Credential], traffic: Traffic = .none, mirrorTraffic: Traffic = .none,
        deployments: [DeploymentRoute] = []
    ) {
        self.name = name
        self.credentials = credentials
        self.traffic = traffic
        self.mirrorTraffic = mirrorTraffic
        self.deployments = deployments
    }
}

/// A key or token that a client sends as `Authorization: Bearer …`.
package struct Credential: Hashable, Sendable {
    package var secret: String
    /// The time of expiry; `nil` if it does not expire.
    package var expires: Timestamp?

    package init(secret: String, expires: Timestamp? = nil) {
        self.secret = secret
        self.expires = expires
    }
}

/// The routes of one deployment.
package struct DeploymentRoute: Sendable {
    package var name: Name
    /// Distinguishes a deployment from an earlier one of the same name that was deleted; its counts start at 0.
    package var incarnation: String
    package var requestSettings: RequestSettings
    package var instances: [InstanceRoute]
    /// The maximum difference between numbers in mirrored and live answers, relative to the larger number.
    package var numericTolerance: Double
    /// The log for request lines; `nil` for none.
    package var log: DeploymentLog?

    package init(
        name: Name, incarnation: String, requestSettings: RequestSettings, instances: [InstanceRoute],
        numericTolerance: Double = DisagreementLimits().numericTolerance, log: DeploymentLog? = nil
    ) {
        self.name = name
        self.incarnation = incarnation
        self.requestSettings = requestSettings
        self.instances = instances
        self.numericTolerance = numericTolerance
        self.log = log
    }
}

/// One instance of a deployment.
package struct InstanceRoute: Hashable, Sendable {
    /// The instance's name: `instance-0` and so on.
    package var id: String
    package var target: InstanceTarget
    /// Whether the instance accepts new requests; if not, it only finishes those it has.
    package var isReady: Bool

    package init(id: String, target: InstanceTarget, isReady: Bool) {
        self.id = id
        self.target = target
        self.isReady = isReady
    }
}

/// The server behind an instance.
package enum InstanceTarget: Hashable, Sendable {
    /// A simulated server that runs in process.
    case simulated(SimulatedServer)
    /// An HTTP/1.1 server on this machine or reachable from it.
    case server(ServerAddress)
}

package struct ServerAddress: Hashable, Sendable {
    package enum Socket: Hashable, Sendable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package var socket: Socket
    /// The scoring path (default: `/score`), from `inference_config.scoring_route.path`.
    package var scoringPath: String
    package var routes: ServerRoutes

    package init(_ socket: Socket, scoringPath: String = "/score", routes: ServerRoutes = .all) {
        self.socket = socket
        self.scoringPath = scoringPath
        self.routes = routes
    }
}

/// The requests below an endpoint that reach the deployment's server.
package enum ServerRoutes: Hashable, Sendable {
    /// Every path and method: a user's container or program.
    case all
    /// The routes of `azureml-inference-server-http`: `/`, `/score` and `/swagger.json`.
    case inferenceServer
    /// `POST /score` and `GET /swagger.json`: a simulated server.
    case scoring
}
