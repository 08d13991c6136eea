internal import RolloutEngine
internal import Rollouts

/// Live traffic does not drop to 0 during the playbook or at its end.
///
/// A stage `traffic: {}` takes the endpoint out of service: every client gets 404 until a later stage gives a
/// deployment traffic again. That is expected only if the endpoint itself is deleted next.
struct ClientsStayServed: PlaybookRule {
    private var place: Location?
    /// Whether the endpoint had clients before ``place``.
    private var hadClients = false

    mutating func check(_ moment: Moment) -> [Finding] {
        let action = moment.stage.stage.action
        guard let traffic = action.liveTraffic else { return [] }
        guard traffic.isEmpty else { return ended() }
        guard !action.deletesEndpoint else {
            place = nil
            return []
        }
        guard place == nil else { return [] }
        place = moment.stage.actionLocation
        hadClients = !(moment.before?.traffic.wanted.isEmpty ?? true)
        return []
    }

    func checkEnd(_ endpoint: EndpointSnapshot?) -> [Finding] {
        guard let place, hadClients else { return [] }
        return [finding(.warning, at: place, .noClientsAtEnd, help: .help)]
    }

    /// Reports a gap that ends because clients are served again.
    private mutating func ended() -> [Finding] {
        defer { place = nil }
        return place.map { [finding(.warning, at: $0, .noClientsForAWhile, help: .help)] } ?? []
    }
}

extension String {
    fileprivate static let noClientsForAWhile =
        "no client is served from here until a later stage gives a deployment traffic"
    fileprivate static let noClientsAtEnd = "no client is served when the playbook ends"
    fileprivate static let help = "move the traffic to another deployment in one stage: {blue: 0, green: 100}"
}
