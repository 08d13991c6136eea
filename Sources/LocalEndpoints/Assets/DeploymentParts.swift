internal import AzureEndpoints
internal import FoundationEssentials
internal import PlaybookSyntax
internal import Rollouts
internal import SimulatedEndpoints

/// The parts of a deployment, as named in its body.
struct DeploymentParts {
    /// The server that the body chooses; nil if the deployment's own parts decide.
    var choice: InstanceChoice?
    /// The playbook's settings for the Python that serves the deployment.
    var python = PythonChoice()
    /// Digests of the deployment's files, if the client sent them.
    var contents: LocalContents?
    var code: String?
    var scoringScript: String?
    var model: String?
    var environment: String?

    init(_ resource: DeploymentResource) throws(ControlError) {
        let properties = resource.properties
        let own = properties.properties ?? [:]
        if let text = own[InstanceChoice.key] { choice = try Self.choice(text) }
        if let text = own[TurnoutProperty.python] { python = try Self.python(text) }
        if let text = own[TurnoutProperty.contents] { contents = try Self.contents(text) }
        code = properties.codeConfiguration?.codeId
        scoringScript = properties.codeConfiguration?.scoringScript
        model = properties.model
        environment = properties.environmentId
        if let text = own[TurnoutProperty.numericTolerance] { try Self.checkTolerance(text) }
    }

    private static func choice(_ property: String) throws(ControlError) -> InstanceChoice {
        do throws(SettingsProblem) {
            return try InstanceChoice(property: property)
        } catch {
            throw .badArgument("\(error)", target: "properties.properties")
        }
    }

    private static func python(_ property: String) throws(ControlError) -> PythonChoice {
        let value: Value
        do {
            value = try JSONText.decode(Value.self, from: property)
        } catch {
            throw .badArgument("property \(TurnoutProperty.python) is not valid JSON", target: "properties.properties")
        }
        do throws(SettingsProblem) {
            return try PythonChoice(property: value)
        } catch {
            throw .badArgument("\(error)", target: "properties.properties")
        }
    }

    private static func contents(_ property: String) throws(ControlError) -> LocalContents {
        do {
            return try JSONText.decode(LocalContents.self, from: property)
        } catch {
            throw .badArgument("property \(TurnoutProperty.contents) is invalid", target: "properties.properties")
        }
    }

    private static func checkTolerance(_ property: String) throws(ControlError) {
        guard let tolerance = Double(property), (0...1).contains(tolerance) else {
            throw .badArgument(
                "property \(TurnoutProperty.numericTolerance) is \(property): expected a number from 0 to 1",
                target: "properties.properties")
        }
    }
}

extension InferenceRoutes {
    /// Reads `{livenessRoute: {path, port}, …}` of an environment; missing routes have their defaults.
    init(_ document: Value?) {
        self.init()
        liveness = document?["livenessRoute"]?["path"]?.string ?? liveness
        readiness = document?["readinessRoute"]?["path"]?.string ?? readiness
        scoring = document?["scoringRoute"]?["path"]?.string ?? scoring
    }
}
