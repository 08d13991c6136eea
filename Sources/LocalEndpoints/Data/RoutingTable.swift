internal import RolloutStatistics
package import Rollouts

/// Where requests go: what the data plane works by, exchanged as a whole so that no request sees half a change.
package struct RoutingTable: Sendable {
    package var endpoints: [EndpointRoute]

    package init(endpoints: [EndpointRoute] = []) { self.endpoints = endpoints }
}

/// One endpoint as its clients find it.
package struct EndpointRoute: Sendable {
    package var name: Name
    /// What its clients may show; none: nobody gets in.
    package var credentials: [Credential]
    /// Percent of live requests per deployment; sums to 0 or to 100.
    package var traffic: Traffic
    /// Percent of live requests that are copied, to one deployment.
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

/// A key or token that a client shows as `Authorization: Bearer …`.
package struct Credential: Hashable, Sendable {
    package var secret: String
    /// Nil where it has no end.
    package var expires: Timestamp?

    package init(secret: String, expires: Timestamp? = nil) {
        self.secret = secret
        self.expires = expires
    }
}

/// One deployment as requests reach it.
package struct DeploymentRoute: Sendable {
    package var name: Name
    /// Differs between a deployment and one of the same name that was created after it was deleted: counts begin anew.
    package var incarnation: String
    package var requestSettings: RequestSettings
    package var instances: [InstanceRoute]
    /// How far apart two numbers of its answers to copies and of the live ones may be, relative to the larger one.
    package var numericTolerance: Double
    /// Where a line for each of its requests goes; nil: nowhere.
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
    /// `instance-0` and so on.
    package var id: String
    package var target: InstanceTarget
    /// Not ready: it finishes what it has, and gets nothing new.
    package var isReady: Bool

    package init(id: String, target: InstanceTarget, isReady: Bool) {
        self.id = id
        self.target = target
        self.isReady = isReady
    }
}

/// What answers an instance's requests.
package enum InstanceTarget: Hashable, Sendable {
    /// A profile that is played in process.
    case simulated(SimulatedServer)
    /// A server on this machine, or one that is reached from it, over HTTP/1.1.
    case server(ServerAddress)
}

package struct ServerAddress: Hashable, Sendable {
    package enum Socket: Hashable, Sendable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package var socket: Socket
    /// As in `inference_config.scoring_route.path`: `/score`.
    package var scoringPath: String
    package var routes: ServerRoutes

    package init(_ socket: Socket, scoringPath: String = "/score", routes: ServerRoutes = .all) {
        self.socket = socket
        self.scoringPath = scoringPath
        self.routes = routes
    }
}

/// Which requests below an endpoint reach the deployment's server.
package enum ServerRoutes: Hashable, Sendable {
    /// Every path and method: a container or program of the user's.
    case all
    /// Those of `azureml-inference-server-http`: `/`, `/score` and `/swagger.json`.
    case inferenceServer
    /// `POST /score` and `GET /swagger.json`: a simulated profile.
    case scoring
}
