internal import AzureEndpoints
internal import Rollouts
internal import SimulatedEndpoints

/// What a deployment is made of, as its body names it.
struct DeploymentParts {
    /// Nil where the body chooses nothing, so that its code decides.
    var choice: InstanceChoice?
    /// Where local paths begin; nil where the body has none, as bodies of the Azure SDK.
    var paths: LocalPaths?
    /// What the paths led to when the client looked; nil where it did not say.
    var contents: LocalContents?
    var code: String?
    var scoringScript: String?
    var model: String?
    var environment: Environment?

    enum Environment {
        /// An asset.
        case named(String)
        /// As in a deployment's file.
        case inline(Value)
    }

    init(_ resource: DeploymentResource) throws(ControlError) {
        let properties = resource.properties
        let own = properties.properties ?? [:]
        if let text = own[InstanceChoice.key] { choice = try Self.choice(text) }
        code = properties.codeConfiguration?.codeId
        scoringScript = properties.codeConfiguration?.scoringScript
        model = properties.model
        environment = properties.environmentId.map { .named($0) }
        if let text = own[TurnoutProperty.numericTolerance] { try Self.checkTolerance(text) }
        guard let folder = own[TurnoutProperty.folder] else { return }
        paths = try LocalPaths(folder)
        if let text = own[TurnoutProperty.contents] { contents = try LocalContents(property: text) }
        // Turnout's client names local files in the definition only: what stands in the body are assets' ids.
        guard let text = own[TurnoutProperty.definition] else { return }
        let document = try Self.decode(DeploymentDefinition.self, text, TurnoutProperty.definition).document
        if let local = document["code_configuration"] {
            code = local["code"]?.string ?? code
            scoringScript = local["scoring_script"]?.string ?? scoringScript
        }
        model = document["model"]?.string ?? document["model"]?["path"]?.string ?? model
        switch document["environment"] {
        case .string(let name): environment = .named(name)
        case .mapping(let members): environment = .inline(.mapping(members))
        default: break
        }
    }

    private static func choice(_ property: String) throws(ControlError) -> InstanceChoice {
        do throws(SettingsProblem) {
            return try InstanceChoice(property: property)
        } catch {
            throw .badArgument("\(error)", target: "properties.properties")
        }
    }

    private static func checkTolerance(_ property: String) throws(ControlError) {
        guard let tolerance = Double(property), (0...1).contains(tolerance) else {
            throw .badArgument(
                "the member \(TurnoutProperty.numericTolerance) is \(property): a number from 0 to 1 is expected",
                target: "properties.properties")
        }
    }

    private static func decode<Decoded: Decodable>(_ type: Decoded.Type, _ text: String, _ member: String)
        throws(ControlError) -> Decoded
    {
        do {
            return try WireJSON.decode(type, from: text)
        } catch {
            throw .badArgument(
                "the member \(member) cannot be read: \(JSONBody.words(for: error))", target: "properties.properties")
        }
    }
}

extension InferenceRoutes {
    /// `{liveness_route: {path, port}, …}` of a file, `{livenessRoute: …}` of an asset.
    init(_ document: Value?, suffix: String) {
        self.init()
        liveness = document?["liveness" + suffix]?["path"]?.string ?? liveness
        readiness = document?["readiness" + suffix]?["path"]?.string ?? readiness
        scoring = document?["scoring" + suffix]?["path"]?.string ?? scoring
    }
}
