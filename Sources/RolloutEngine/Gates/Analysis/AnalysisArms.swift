package import Rollouts

/// Who is judged by an analysis, and beside whom.
package struct AnalysisArms: Codable, Hashable, Sendable {
    /// The deployment that the run has given live or mirrored traffic.
    package var candidate: Name
    /// The deployment that served before and still does; nil where the candidate has all traffic.
    package var control: Name?
    /// The candidate's configured share of the requests of the two, 0 to 1; in a mirror, that of the copies.
    package var share: Double
    /// True where the candidate gets copies of the control's requests.
    package var isMirror: Bool
    /// Names the candidate's definition; evidence does not outlive it.
    package var version: String

    /// The arms on an endpoint as it is asked to be, or nil where nobody got traffic that it did not have `earlier`.
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

    /// True where evidence about the candidate holds for the candidate of `other` as well.
    func isOfSameVersion(as other: AnalysisArms) -> Bool {
        candidate == other.candidate && version == other.version
    }

    /// True while the candidate has the traffic that the evidence is about.
    func hold(on endpoint: EndpointSnapshot?, since earlier: Traffic) -> Bool {
        AnalysisArms(on: endpoint, since: earlier) == self
    }
}

extension DeploymentSnapshot {
    /// A short name of what is deployed, however many instances of it there are.
    fileprivate var version: String {
        definition.fingerprint
    }
}
