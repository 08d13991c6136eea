internal import AzureEndpoints
internal import Rollouts

/// All that is kept of one endpoint and its deployments.
struct EndpointRecord: Codable, Hashable, Sendable {
    /// Which it is among those of the same name that came one after the other.
    var incarnation: String
    /// Definition, states, traffic, and the deployments' instances as they are wanted: what the rules look at.
    var snapshot: EndpointSnapshot
    /// What the client sent last, without what the server decides.
    var resource: EndpointResource
    var keys: EndpointKeys
    /// Tokens that were given out and have not expired.
    var tokens: [IssuedToken] = []
    var created: Timestamp
    var modified: Timestamp
    /// Counts every change of what an answer shows.
    var revision = 1
    /// The change that is under way.
    var work: Work?
    var deployments: [Name: DeploymentRecord] = [:]

    var name: Name { snapshot.name }

    /// A change that was accepted, until it is so.
    struct Work: Codable, Hashable, Sendable {
        /// Its ``OperationRecord``.
        var operation: String
        /// Not finished before; nil where only something else tells, such as instances that become ready.
        var due: Timestamp?
        /// How long its servers had been coming up when that was kept last; a process that starts again counts on.
        var passed: Interval?
    }

    struct IssuedToken: Codable, Hashable, Sendable {
        var secret: String
        var expires: Timestamp
    }
}

/// All that is kept of one deployment beside its state.
struct DeploymentRecord: Codable, Hashable, Sendable {
    /// Which it is among those of the same name that came one after the other.
    var incarnation: String
    /// What the client sent last, without what the server decides.
    var resource: DeploymentResource
    /// What its instances were made of when it last succeeded; nil until then.
    ///
    /// A failed update goes on with it.
    var serving: DeploymentResource?
    /// Why its last change failed.
    var failure: Failure?
    var created: Timestamp
    var modified: Timestamp
    var revision = 1
    var work: EndpointRecord.Work?

    struct Failure: Codable, Hashable, Sendable {
        /// One of Azure's, as `ResourceNotReady`.
        var code: String
        var message: String
    }
}

extension EndpointRecord {
    /// Notes that an answer would differ from now on.
    mutating func touch(at now: Timestamp) {
        revision += 1
        modified = now
    }

    /// The deployment under its name, and its place in the snapshot.
    mutating func update(_ name: Name, _ body: (inout DeploymentSnapshot, inout DeploymentRecord) -> Void) {
        guard let index = snapshot.deployments.firstIndex(where: { $0.name == name }), var record = deployments[name]
        else { return }
        body(&snapshot.deployments[index], &record)
        deployments[name] = record
    }
}
