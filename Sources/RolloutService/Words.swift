package import RolloutEngine
package import Rollouts

extension RunStatus {
    /// As people read it: `rolled back`.
    package var words: String { rawValue.words }
}

extension String {
    /// A word of JSON as people read it: `rolled back`.
    package var words: String { split(separator: "_").joined(separator: " ") }
}

extension Observation {
    /// `traffic {blue: 90, green: 10}, blue 2/2, green 1/1`.
    package var words: String {
        switch self {
        case .never: "nothing"
        case .absent: "no endpoint"
        case .present(let endpoint): endpoint.words
        }
    }
}

extension EndpointSnapshot {
    fileprivate var words: String {
        var parts = ["traffic \(traffic.text)"]
        if !mirrorTraffic.deployments.isEmpty { parts.append("mirror \(mirrorTraffic.text)") }
        return (parts + deployments.map { "\($0.name) \($0.instances.ready)/\($0.instances.wanted)" })
            .joined(separator: ", ")
    }
}

extension Wanted<Traffic> {
    /// Every deployment that has, or is to have, a share.
    package var deployments: [Name] { Set(wanted.deployments).union(actual.deployments).sorted() }

    /// `{blue: 90, green: 10}` or `none`, and `{blue: 100} → {green: 100}` while it is not as requested.
    package var text: String { wanted == actual ? actual.words : "\(actual.words) → \(wanted.words)" }
}

extension Traffic {
    /// `none`, or `{blue: 100}`.
    package var words: String { isEmpty ? "none" : description }
}

extension Roles {
    /// `blue is live, green is the candidate`.
    package var sentence: String {
        "\(live.map { "\($0) is live" } ?? "nothing is live yet"), \(candidate) is the candidate"
    }
}
