/// What one kind of stage does: the values that its playbook gives, and the steps that they come to.
///
/// Each kind is a type in a file of its own, and a case of ``StageAction/Kind``. Everything else that is known of an
/// action follows from its steps: which deployments it creates, uses or deletes, and what traffic it asks for.
package protocol PlaybookAction: Hashable, Sendable, Codable {
    static var kind: StageAction.Kind { get }

    /// How long one attempt may take where the playbook doesn't say.
    ///
    /// Generous beside Azure's own durations: a deployment takes about 10 minutes.
    static var defaultTimeout: Interval { get }

    /// Whether actions of this kind look at or change the endpoint.
    static var touchesEndpoint: Bool { get }

    /// What the action comes to on `endpoint`, in order; nil stands for an endpoint that does not exist.
    func steps(on endpoint: EndpointSnapshot?) -> [Step]

    /// How long the stage rests once its steps are done, before any bake.
    var rest: Interval { get }

    /// Changes what the action defines, in place.
    mutating func mapDefinitions(
        endpoint: (inout EndpointDefinition) -> Void, deployment: (inout DeploymentDefinition) -> Void)

    /// The keys under which a plan's JSON keeps actions of this kind, and the one for this action.
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
