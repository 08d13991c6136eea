package import Rollouts

/// A program that prints a credential (`client.authentication.k8s.io`).
package struct CredentialPlugin: Hashable, Sendable {
    /// The API version of the plugin's input and output, such as `client.authentication.k8s.io/v1`.
    package var apiVersion: String
    /// A name in `PATH`, or a path.
    package var command: String
    package var arguments: [String] = []
    /// Variables that are added to this process's environment.
    package var environment: [String: String] = [:]
    /// Instructions that are shown if the program does not exist.
    package var installHint: String?
    package var interactiveMode = InteractiveMode.ifAvailable
    /// The cluster information for the plugin; `nil` if it does not request any.
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
