package import RolloutEngine
package import Rollouts

extension RunStatus {
    /// The status for display: `rolled back`.
    package var words: String { rawValue.words }
}

extension String {
    /// A snake_case word for display: `rolled back`.
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

extension DesiredAndActual<Traffic> {
    /// The deployments that have or should have a share.
    package var deployments: [Name] { Set(wanted.deployments).union(actual.deployments).sorted() }

    /// `{blue: 90, green: 10}` or `none`; `{blue: 100} → {green: 100}` while actual and desired traffic differ.
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
