package import Rollouts

/// A playbook's settings for the simulated backend (`backends.simulated`).
package struct SimulationSettings: Hashable, Sendable {
    package var kind: EndpointKind
    /// Simulations with the same seed that receive the same changes at the same times are equal.
    package var seed: UInt64
    package var durations: Durations
    /// The profiles of deployments by name.
    package var profiles: [Name: DeploymentProfile]
    /// Trouble that affects all deployments at the same time, including those without a profile.
    package var incidents: [Incident]
    /// `nil` if requests are independent of each other and are routed at random.
    package var users: Users?

    /// The durations of changes; the defaults are those of Azure (AzureCompatibility.md).
    package struct Durations: Hashable, Sendable {
        package var endpoint: Interval
        package var deployment: Interval
        package var scale: Interval
        /// Also used for mirror traffic.
        package var traffic: Interval
        package var delete: Interval

        package init(
            endpoint: Interval = .seconds(90), deployment: Interval = .minutes(10), scale: Interval = .minutes(2),
            traffic: Interval = .seconds(30), delete: Interval = .seconds(60)
        ) {
            self.endpoint = endpoint
            self.deployment = deployment
            self.scale = scale
            self.traffic = traffic
            self.delete = delete
        }
    }

    package init(
        kind: EndpointKind = .managed, seed: UInt64 = 1, durations: Durations = Durations(),
        profiles: [Name: DeploymentProfile] = [:], incidents: [Incident] = [], users: Users? = nil
    ) {
        self.kind = kind
        self.seed = seed
        self.durations = durations
        self.profiles = profiles
        self.incidents = incidents
        self.users = users
    }

    /// False for a command without a playbook, which leaves the behaviour of deployments unchanged.
    var definesBehaviour: Bool { !profiles.isEmpty || !incidents.isEmpty || users != nil }

    /// Returns the profile of a deployment with the endpoint's incidents; the default profile if it has none.
    func profile(of name: Name) -> DeploymentProfile {
        var profile = profiles[name] ?? DeploymentProfile()
        profile.incidents = incidents
        return profile
    }
}
