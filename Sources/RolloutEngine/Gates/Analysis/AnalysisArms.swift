package import Rollouts

/// The deployment that an analysis judges, and the one it is compared with.
package struct AnalysisArms: Codable, Hashable, Sendable {
    /// The deployment that the run has given live or mirror traffic.
    package var candidate: Name
    /// The deployment that served before and still does, or `nil` if the candidate has all traffic.
    package var control: Name?
    /// The candidate's configured share of the requests to both arms, 0 to 1; for a mirror, the share that is copied.
    package var share: Double
    /// Whether the candidate receives copies of the control's requests.
    package var isMirror: Bool
    /// Identifies the candidate's definition; evidence applies only to this version.
    package var version: String

    /// Creates the arms from an endpoint's desired traffic; `nil` if no deployment gained traffic since `earlier`.
    package init?(on endpoint: EndpointSnapshot?, since earlier: Traffic) {
        guard let endpoint else { return nil }
        let live = endpoint.traffic.wanted
        func mostServing(besides candidate: Name?) -> Name? {
            live.deployments.filter { $0 != candidate }.max { live[$0] < live[$1] }
        }
        let mirror = endpoint.mirrorTraffic.wanted
        if let copied = mirror.deployments.first {
            candidate = copied
            control = mostServing(besides: copied)
            share = Double(mirror[copied]) / 100
            isMirror = true
        } else {
            let gains = live.deployments.filter { live[$0] > earlier[$0] }
            guard let gainer = gains.max(by: { live[$0] - earlier[$0] < live[$1] - earlier[$1] }) else { return nil }
            candidate = gainer
            control = mostServing(besides: gainer)
            share = Double(live[gainer]) / Double(max(live[gainer] + (control.map { live[$0] } ?? 0), 1))
            isMirror = false
        }
        version = endpoint.deployment(candidate).map(\.version) ?? ""
    }

    /// Whether evidence about this candidate also applies to the candidate of `other`.
    func isSameVersion(as other: AnalysisArms) -> Bool {
        candidate == other.candidate && version == other.version
    }

    /// Whether the candidate still has the traffic that the evidence is about.
    func hold(on endpoint: EndpointSnapshot?, since earlier: Traffic) -> Bool {
        AnalysisArms(on: endpoint, since: earlier) == self
    }
}

extension DeploymentSnapshot {
    /// A short digest of what is deployed, independent of the instance count.
    fileprivate var version: String {
        definition.fingerprint
    }
}
