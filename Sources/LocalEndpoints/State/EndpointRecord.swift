internal import AzureEndpoints
internal import Rollouts

/// The saved state of an endpoint and its deployments.
struct EndpointRecord: Codable, Hashable, Sendable {
    /// Distinguishes the endpoint from earlier and later ones of the same name.
    var incarnation: String
    /// The state that rules check: definition, states, traffic, and the deployments' desired instances.
    var snapshot: EndpointSnapshot
    /// The body that the client last sent, without server-defined members.
    var resource: EndpointResource
    var keys: EndpointKeys
    /// Issued tokens that have not expired.
    var tokens: [IssuedToken] = []
    var created: Timestamp
    var modified: Timestamp
    /// Incremented with every change that is visible in answers.
    var revision = 1
    /// The change in progress.
    var work: Work?
    var deployments: [Name: DeploymentRecord] = [:]

    var name: Name { snapshot.name }

    /// An accepted change that has not completed.
    struct Work: Codable, Hashable, Sendable {
        /// The ID of the ``OperationRecord``.
        var operation: String
        /// The earliest completion; nil if completion depends on something else, such as instances becoming ready.
        var due: Timestamp?
        /// How long the servers had been starting when this was last saved; a restarted emulator continues from it.
        var passed: Interval?
    }

    struct IssuedToken: Codable, Hashable, Sendable {
        var secret: String
        var expires: Timestamp
    }
}

/// The saved data of a deployment, apart from its snapshot.
struct DeploymentRecord: Codable, Hashable, Sendable {
    /// Distinguishes the deployment from earlier and later ones of the same name.
    var incarnation: String
    /// The body that the client last sent, without server-defined members.
    var resource: DeploymentResource
    /// The body from which the last successful instances were created; nil before the first success.
    ///
    /// These instances keep serving if an update fails.
    var serving: DeploymentResource?
    /// Why the last change failed.
    var failure: Failure?
    var created: Timestamp
    var modified: Timestamp
    var revision = 1
    var work: EndpointRecord.Work?

    struct Failure: Codable, Hashable, Sendable {
        /// One of Azure's codes, such as `ResourceNotReady`.
        var code: String
        var message: String
    }
}

extension EndpointRecord {
    /// Records a change that is visible in answers.
    mutating func touch(at now: Timestamp) {
        revision += 1
        modified = now
    }

    /// Updates a deployment's snapshot and record; does nothing if the deployment does not exist.
    mutating func update(_ name: Name, _ body: (inout DeploymentSnapshot, inout DeploymentRecord) -> Void) {
        guard let index = snapshot.deployments.firstIndex(where: { $0.name == name }), var record = deployments[name]
        else { return }
        body(&snapshot.deployments[index], &record)
        deployments[name] = record
    }
}
