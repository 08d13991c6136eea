internal import AzureEndpoints
internal import Rollouts
internal import SimulatedEndpoints

/// What a deployment is made of, as its body names it.
struct DeploymentParts {
    /// Nil where the body chooses nothing, so that its code decides.
    var choice: InstanceChoice?
    /// Where local paths begin; nil where the body has none, as bodies of the Azure SDK.
    var paths: LocalPaths?
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
        if let text = own[TurnoutProperty.instances] { choice = try Self.decode(InstanceChoice.self, text, TurnoutProperty.instances) }
        code = properties.codeConfiguration?.codeId
        scoringScript = properties.codeConfiguration?.scoringScript
        model = properties.model
        environment = properties.environmentId.map { .named($0) }
        guard let folder = own[TurnoutProperty.folder] else { return }
        paths = try LocalPaths(folder)
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

    private static func decode<Decoded: Decodable>(_ type: Decoded.Type, _ text: String, _ member: String)
        throws(ControlError) -> Decoded
    {
        do {
            return try WireJSON.decode(type, from: text)
        } catch {
            throw .badArgument("the member \(member) cannot be read: \(JSONBody.words(for: error))", target: "properties.properties")
        }
    }
}

extension DeploymentProfile {
    /// A profile as a playbook writes it.
    init(wire: Value, of deployment: Name) throws(ControlError) {
        do throws(SettingsProblem) {
            let settings = try SimulationSettings(["simulate": .mapping([deployment.text: wire])])
            self = settings.profiles[deployment] ?? DeploymentProfile()
        } catch {
            let prefix = "simulate.\(deployment.text)"
            let path = error.path.hasPrefix(prefix) ? "simulate" + error.path.dropFirst(prefix.count) : error.path
            throw .badArgument("\(TurnoutProperty.instances): \(path) \(error.message)", target: "properties.properties")
        }
    }
}

extension ServerAddress {
    /// `http://HOST:PORT` or `unix:/PATH`; nil for anything else.
    init?(text: String, scoringPath: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            // The longest that a socket's address holds.
            guard path.hasPrefix("/"), path.utf8.count < 104, !path.utf8.contains(0) else { return nil }
            self.init(.unix(path: String(path)), scoringPath: scoringPath)
            return
        }
        guard text.lowercased().hasPrefix("http://") else { return nil }
        var rest = text.dropFirst("http://".count)
        var path = scoringPath
        if let slash = rest.firstIndex(of: "/") {
            if rest[slash...].count > 1 { path = String(rest[slash...]) }
            rest = rest[..<slash]
        }
        guard !rest.contains("@") else { return nil }
        var port = 80
        if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
            guard let number = Int(rest[rest.index(after: colon)...]), (1...65535).contains(number) else { return nil }
            port = number
            rest = rest[..<colon]
        }
        if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
        guard !rest.isEmpty else { return nil }
        self.init(.tcp(host: String(rest), port: port), scoringPath: path)
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
