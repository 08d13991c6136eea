/// Deletes a deployment, or the endpoint with its deployments.
package enum DeleteAction: PlaybookAction {
    case deployment(Name)
    case endpoint

    package static let kind = StageAction.Kind.delete
    package static let defaultTimeout = Interval.minutes(30)
    package static let journalKeys = ["deleteDeployment", "deleteEndpoint"]

    package var journalKey: String {
        switch self {
        case .deployment: Self.journalKeys[0]
        case .endpoint: Self.journalKeys[1]
        }
    }

    private enum CodingKeys: String, CodingKey {
        case deployment = "_0"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if case .deployment(let name) = self { try container.encode(name, forKey: .deployment) }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self = try container.decodeIfPresent(Name.self, forKey: .deployment).map(Self.deployment) ?? .endpoint
    }

    package func steps(on endpoint: EndpointSnapshot?) -> [Step] {
        switch self {
        case .deployment(let name): [.change(.deleteDeployment(name))]
        case .endpoint: [.change(.deleteEndpoint)]
        }
    }
}

extension StageAction {
    package static func deleteDeployment(_ name: Name) -> StageAction { StageAction(DeleteAction.deployment(name)) }

    package static var deleteEndpoint: StageAction { StageAction(DeleteAction.endpoint) }
}
