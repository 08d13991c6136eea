/// Members of `properties.properties` that Turnout's client sends.
package enum TurnoutProperty {
    /// JSON of the whole definition as it was applied.
    package static let definition = "turnout.dev/definition"
    /// JSON of what a deployment's instances are: `{"simulate": {…}}`, `{"command": […]}` or `{"external": "…"}`.
    package static let instances = "turnout.dev/instances"
    /// JSON of what the playbook says of the Python that serves a deployment: `{"program": "/opt/python3.12", "version":
    /// "any", "provider": "venv"}`.
    package static let python = "turnout.dev/python"
    /// JSON of the ``LocalContents`` that the definition's local paths led to.
    package static let contents = "turnout.dev/contents"
    /// How far apart two numbers may be, relative to the larger one, in an answer of this deployment to a copy and the
    /// live answer that it is compared with: a number from 0 to 1.
    package static let numericTolerance = "turnout.dev/numeric-tolerance"
    /// Of the code asset that holds a command's files: how many folders its root is above the playbook's.
    package static let levels = "turnout.dev/levels"
    /// Of the same: a JSON list of the files that may be executed.
    package static let executables = "turnout.dev/executables"
}
