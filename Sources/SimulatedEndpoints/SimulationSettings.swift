package import Rollouts

/// What a playbook says about the simulated backend (its mapping `backends.simulated`).
package struct SimulationSettings: Hashable, Sendable {
    package var kind: EndpointKind
    /// Two simulations of one seed to which the same is done at the same times are equal.
    package var seed: UInt64
    package var durations: Durations
    /// How deployments behave, by name.
    package var profiles: [Name: DeploymentProfile]
    /// What hits all deployments at the same time, those without a profile too.
    package var incidents: [Incident]
    /// Nil: every request is by itself, and its deployment is drawn anew.
    package var users: Users?

    /// How long changes take, by default as long as in Azure (AzureCompatibility.md).
    package struct Durations: Hashable, Sendable {
        package var endpoint: Interval
        package var deployment: Interval
        package var scale: Interval
        /// Also of mirror traffic.
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

    /// False for a command that has no playbook, and leaves deployments as they are.
    var saysHowTheyBehave: Bool { !profiles.isEmpty || !incidents.isEmpty || users != nil }

    /// How a deployment behaves; one of which nothing is said, as any other in the same incidents.
    func profile(of name: Name) -> DeploymentProfile {
        var profile = profiles[name] ?? DeploymentProfile()
        profile.incidents = incidents
        return profile
    }
}
