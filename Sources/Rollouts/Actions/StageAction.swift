/// The action of a stage, of any kind.
package struct StageAction: Sendable {
    package private(set) var content: any PlaybookAction

    package init(_ content: any PlaybookAction) { self.content = content }

    /// The kind of an action, named as in a playbook.
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

    /// Returns the action as the given kind, or `nil` if it is of another kind.
    package func `as`<Action: PlaybookAction>(_: Action.Type) -> Action? { content as? Action }
}

extension StageAction: Hashable {
    package static func == (left: StageAction, right: StageAction) -> Bool {
        left.content.isEqual(to: right.content)
    }

    package func hash(into hasher: inout Hasher) { content.hash(into: &hasher) }
}

/// Encoded as a mapping with one member, whose key is the kind.
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
            .init(codingPath: decoder.codingPath, debugDescription: "a stage has no known action"))
    }
}

/// The properties of an action that follow from its steps.
extension StageAction {
    package var touchesEndpoint: Bool { kind.touchesEndpoint }

    /// Returns the action's steps on `endpoint` in order.
    package func steps(on endpoint: EndpointSnapshot?) -> [Step] { content.steps(on: endpoint) }

    /// The changes among the steps.
    package func changes(on endpoint: EndpointSnapshot?) -> [Change] {
        steps(on: endpoint).compactMap { step in
            guard case .change(let change) = step else { return nil }
            return change
        }
    }

    /// The changes that the action requests regardless of the endpoint's state.
    private var ownChanges: [Change] { changes(on: nil) }

    /// The endpoint that the action defines, if any.
    package var endpoint: EndpointDefinition? {
        ownChanges.lazy.compactMap { if case .putEndpoint(let definition) = $0 { definition } else { nil } }.first
    }

    /// The deployment that the action creates or updates, if any.
    package var deployment: DeploymentDefinition? {
        ownChanges.lazy.compactMap { if case .putDeployment(let definition) = $0 { definition } else { nil } }.first
    }

    /// The live traffic that the action requests; none if it deletes the endpoint, `nil` if it does not change traffic.
    package var liveTraffic: Traffic? {
        ownChanges.lazy.compactMap { change -> Traffic? in
            switch change {
            case .setTraffic(let traffic): traffic
            case .deleteEndpoint: Traffic.none
            default: nil
            }
        }.first
    }

    /// The mirror traffic that the action requests, if any.
    package var mirrorTraffic: Traffic? {
        ownChanges.lazy.compactMap { if case .setMirrorTraffic(let traffic) = $0 { traffic } else { nil } }.first
    }

    /// The deployment that the action deletes, if any.
    package var deletedDeployment: Name? {
        ownChanges.lazy.compactMap { if case .deleteDeployment(let name) = $0 { name } else { nil } }.first
    }

    package var deletesEndpoint: Bool { ownChanges.contains(.deleteEndpoint) }

    /// The test requests that the action sends, if any.
    package var invocation: Invocation? {
        steps(on: nil).lazy.compactMap { if case .invoke(let invocation) = $0 { invocation } else { nil } }.first
    }

    /// The program that the action runs, if any.
    package var command: Command? {
        steps(on: nil).lazy.compactMap { if case .run(let command) = $0 { command } else { nil } }.first
    }

    /// The deployments that must exist before the action.
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
