/// The action of a stage, of whatever kind.
package struct StageAction: Sendable {
    package private(set) var content: any PlaybookAction

    package init(_ content: any PlaybookAction) { self.content = content }

    /// The word for it in a playbook.
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case define, scale, deploy, invoke
        case mirrorTraffic = "mirror_traffic"
        case traffic, delete, wait, run

        var type: any PlaybookAction.Type {
            switch self {
            case .define: DefineAction.self
            case .scale: ScaleAction.self
            case .deploy: DeployAction.self
            case .invoke: InvokeAction.self
            case .mirrorTraffic: MirrorTrafficAction.self
            case .traffic: TrafficAction.self
            case .delete: DeleteAction.self
            case .wait: WaitAction.self
            case .run: RunAction.self
            }
        }

        package var touchesEndpoint: Bool { type.touchesEndpoint }
    }

    package var kind: Kind { Swift.type(of: content).kind }

    package mutating func mapDefinitions(
        endpoint: (inout EndpointDefinition) -> Void, deployment: (inout DeploymentDefinition) -> Void
    ) {
        content.mapDefinitions(endpoint: endpoint, deployment: deployment)
    }

    /// The action as one of its kinds; nil where it is of another.
    package func `as`<Action: PlaybookAction>(_: Action.Type) -> Action? { content as? Action }
}

extension StageAction: Hashable {
    package static func == (left: StageAction, right: StageAction) -> Bool {
        left.content.isEqual(to: right.content)
    }

    package func hash(into hasher: inout Hasher) { content.hash(into: &hasher) }
}

/// A mapping of one member, whose key says which kind it is.
extension StageAction: Codable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(content, forKey: Key(stringValue: content.journalKey))
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for kind in Kind.allCases {
            for word in kind.type.journalKeys {
                let key = Key(stringValue: word)
                guard container.contains(key) else { continue }
                self.init(try container.decode(kind.type, forKey: key))
                return
            }
        }
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "a stage has none of the known actions"))
    }
}

/// What is known of an action from its steps.
extension StageAction {
    package var touchesEndpoint: Bool { kind.touchesEndpoint }

    /// What the action comes to on `endpoint`, in order.
    package func steps(on endpoint: EndpointSnapshot?) -> [Step] { content.steps(on: endpoint) }

    /// The changes among the steps.
    package func changes(on endpoint: EndpointSnapshot?) -> [Change] {
        steps(on: endpoint).compactMap { step in
            guard case .change(let change) = step else { return nil }
            return change
        }
    }

    /// What the action asks for by itself, whatever the endpoint is.
    private var ownChanges: [Change] { changes(on: nil) }

    /// The endpoint that it defines, if it does.
    package var endpoint: EndpointDefinition? {
        ownChanges.lazy.compactMap { if case .putEndpoint(let definition) = $0 { definition } else { nil } }.first
    }

    /// The deployment that it creates or updates, if it does.
    package var deployment: DeploymentDefinition? {
        ownChanges.lazy.compactMap { if case .putDeployment(let definition) = $0 { definition } else { nil } }.first
    }

    /// The live traffic that it asks for: none where it deletes the endpoint, nil where it leaves traffic as it is.
    package var liveTraffic: Traffic? {
        ownChanges.lazy.compactMap { change -> Traffic? in
            switch change {
            case .setTraffic(let traffic): traffic
            case .deleteEndpoint: Traffic.none
            default: nil
            }
        }.first
    }

    /// The mirror traffic that it asks for, if it does.
    package var mirrorTraffic: Traffic? {
        ownChanges.lazy.compactMap { if case .setMirrorTraffic(let traffic) = $0 { traffic } else { nil } }.first
    }

    /// The deployment that it deletes, if it does.
    package var deletedDeployment: Name? {
        ownChanges.lazy.compactMap { if case .deleteDeployment(let name) = $0 { name } else { nil } }.first
    }

    package var deletesEndpoint: Bool { ownChanges.contains(.deleteEndpoint) }

    /// The test requests that it sends, if it does.
    package var invocation: Invocation? {
        steps(on: nil).lazy.compactMap { if case .invoke(let invocation) = $0 { invocation } else { nil } }.first
    }

    /// The program that it runs, if it does.
    package var command: Command? {
        steps(on: nil).lazy.compactMap { if case .run(let command) = $0 { command } else { nil } }.first
    }

    /// The deployments that must exist before it.
    package var usedDeployments: [Name] {
        var created: Set<Name> = []
        var used: [Name] = []
        for step in steps(on: nil) {
            switch step {
            case .change(.putDeployment(let definition)): created.insert(definition.name)
            case .change(.scale(let name, _)), .change(.deleteDeployment(let name)): used.append(name)
            case .change(.setTraffic(let traffic)), .change(.setMirrorTraffic(let traffic)):
                used += traffic.deployments
            case .invoke(let invocation): used += invocation.deployment.map { [$0] } ?? []
            case .change(.putEndpoint), .change(.deleteEndpoint), .run: break
            }
        }
        return used.filter { !created.contains($0) }
    }
}
