/// The action of one kind of stage: its values from the playbook and the resulting steps.
///
/// Each kind is a type in its own file and a case of ``StageAction/Kind``. Everything else about an action follows from
/// its steps: which deployments it creates, uses or deletes, and which traffic it requests.
package protocol PlaybookAction: Hashable, Sendable, Codable {
    static var kind: StageAction.Kind { get }

    /// The default timeout of one attempt.
    ///
    /// It is generous compared to Azure, where a deployment takes about 10 minutes.
    static var defaultTimeout: Interval { get }

    /// Whether actions of this kind observe or change the endpoint.
    static var touchesEndpoint: Bool { get }

    /// Returns the action's steps on `endpoint` in order; `nil` stands for an endpoint that does not exist.
    func steps(on endpoint: EndpointSnapshot?) -> [Step]

    /// How long the stage lasts once its steps are complete, before any bake.
    var rest: Interval { get }

    /// Changes the definitions in the action in place.
    mutating func mapDefinitions(
        endpoint: (inout EndpointDefinition) -> Void, deployment: (inout DeploymentDefinition) -> Void)

    /// The keys for actions of this kind in a plan's JSON, and the one for this action.
    static var journalKeys: [String] { get }
    var journalKey: String { get }
}

extension PlaybookAction {
    package static var touchesEndpoint: Bool { true }
    package var rest: Interval { .zero }

    package mutating func mapDefinitions(
        endpoint: (inout EndpointDefinition) -> Void, deployment: (inout DeploymentDefinition) -> Void
    ) {}

    package static var journalKeys: [String] { [kind.rawValue] }
    package var journalKey: String { Self.journalKeys[0] }

    func isEqual(to other: any PlaybookAction) -> Bool { other as? Self == self }
}

/// One effect of an action.
package enum Step: Codable, Hashable, Sendable {
    case change(Change)
    case invoke(Invocation)
    case run(Command)
}
