/// Keys in `properties.properties` that Turnout's client sets.
package enum TurnoutProperty {
    /// JSON of the whole definition as it was applied.
    package static let definition = "turnout.dev/definition"
    /// JSON that describes a deployment's servers: `{"simulate": {…}}`, `{"command": […]}` or `{"external": "…"}`.
    package static let instances = "turnout.dev/instances"
    /// JSON of the playbook's settings for the Python that serves a deployment.
    ///
    /// An example is `{"program": "/opt/python3.12", "version": "any", "provider": "venv"}`.
    package static let python = "turnout.dev/python"
    /// JSON of the ``LocalContents`` of the definition's local paths.
    package static let contents = "turnout.dev/contents"
    /// The largest relative difference, from 0 to 1, of two numbers that count as equal.
    ///
    /// It applies when the deployment's response to a mirrored request is compared with the live response.
    package static let numericTolerance = "turnout.dev/numeric-tolerance"
    /// For the code asset with a command's files: how many folders its root is above the playbook's folder.
    package static let levels = "turnout.dev/levels"
    /// For the same asset: a JSON list of the executable files.
    package static let executables = "turnout.dev/executables"
}
