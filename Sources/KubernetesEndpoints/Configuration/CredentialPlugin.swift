package import Rollouts

/// A program that prints a credential (`client.authentication.k8s.io`).
package struct CredentialPlugin: Hashable, Sendable {
    /// What the program is told and answers in: `client.authentication.k8s.io/v1`.
    package var apiVersion: String
    /// A name on the search path, or a path.
    package var command: String
    package var arguments: [String] = []
    /// Added to this process's environment.
    package var environment: [String: String] = [:]
    /// What to say where the program is not there.
    package var installHint: String?
    package var interactiveMode = InteractiveMode.ifAvailable
    /// What the program is told of the cluster; nil where it isn't.
    package var clusterInfo: Value?

    package enum InteractiveMode: String, Hashable, Sendable {
        case never = "Never"
        case ifAvailable = "IfAvailable"
        case always = "Always"
    }

    static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]

    package init(apiVersion: String, command: String) {
        self.apiVersion = apiVersion
        self.command = command
    }
}
