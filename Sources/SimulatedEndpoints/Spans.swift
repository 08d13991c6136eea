internal import RolloutEngine
internal import Rollouts

/// A period of time in which only the profiles themselves change anything.
struct Span {
    var begin: Timestamp
    var end: Timestamp
    /// Live requests per second to the deployment in question; 0 for copies.
    var liveRate: Double
}

/// A share of a span's requests that experience the same trouble.
struct SpanPart {
    /// Proportional to the number of requests.
    var weight: Double
    var trouble: Trouble
}

/// A deployment with live traffic.
struct Arm {
    var name: Name
    /// The share of all live requests that the deployment receives.
    var share: Double
    /// The share of these requests that come from users whose requests always fail.
    var failing: Double
}

extension EndpointSimulation {
    /// The largest number of pieces into which a span with a growing leak is cut.
    private static let leakPieces: Int64 = 32

    /// Returns the parts of the requests to `name`, by time and instance.
    func parts(of name: Name, _ profile: DeploymentProfile, during span: Span) -> [SpanPart] {
        guard !profile.isSteady, let clients else { return [SpanPart(weight: 1, trouble: Trouble())] }
        let groups = instanceGroups(of: name, at: span.begin)
        let instances = groups.reduce(0) { $0 + $1.count }
        let cuts = cuts(of: span, profile, starts: groups.map(\.start), since: clients.since)
        return zip(cuts, cuts.dropFirst()).flatMap { begin, end in
            let middle = begin + Interval(milliseconds: (end - begin).milliseconds / 2)
            return groups.map { group in
                let circumstances = Circumstances(
                    age: middle - group.start, instance: group.instance, loadAge: middle - clients.since,
                    liveRate: span.liveRate / Double(instances))
                return SpanPart(
                    weight: (end - begin).seconds * Double(group.count), trouble: profile.trouble(in: circumstances))
            }
        }
    }

    /// Returns the first instance, and the others grouped by when they became ready; at least one.
    private func instanceGroups(of name: Name, at time: Timestamp) -> [(start: Timestamp, instance: Int, count: Int)] {
        let ready = max(endpoint?.deployment(name)?.instances.ready ?? 1, 1)
        var starts = servers[name]?.starts.prefix(ready) ?? []
        starts += [Timestamp](repeating: time, count: ready - starts.count)
        var groups: [(start: Timestamp, instance: Int, count: Int)] = []
        for (instance, start) in starts.enumerated() {
            if let last = groups.last, last.instance > 0, last.start == start {
                groups[groups.count - 1].count += 1
            } else {
                groups.append((start, instance, 1))
            }
        }
        return groups
    }

    /// Returns the times between which nothing changes, or almost nothing in the case of a leak.
    private func cuts(of span: Span, _ profile: DeploymentProfile, starts: [Timestamp], since: Timestamp)
        -> [Timestamp]
    {
        var cuts: Set<Timestamp> = [span.begin, span.end]
        if let coldStart = profile.coldStart { cuts.formUnion(starts.map { $0 + coldStart.length }) }
        for incident in profile.incidents {
            cuts.formUnion([since + incident.begin, since + incident.begin + incident.length])
        }
        if profile.leak != nil {
            let length = (span.end - span.begin).milliseconds
            // One piece per second is enough.
            let pieces = min(length / 1000, Self.leakPieces)
            for piece in 0..<max(pieces, 0) {
                cuts.insert(span.begin + Interval(milliseconds: length * piece / pieces))
            }
        }
        return cuts.filter { $0 >= span.begin && $0 <= span.end }.sorted()
    }

    /// Returns each deployment's share of live requests.
    ///
    /// Users are assigned by the weights: as long as the weights stay the same, so does each user's deployment.
    func arms(of traffic: Traffic) -> [Arm] {
        let names = traffic.deployments
        let weights = names.map { Double(traffic[$0]) / Double(traffic.sum) }
        guard let users else {
            return zip(names, weights).map { Arm(name: $0, share: $1, failing: 0) }
        }
        var generator = SeededGenerator(seed: users.seed)
        var failing = [Int](repeating: 0, count: names.count)
        for _ in 0..<users.failing {
            var drawn = generator.unit()
            let place = weights.firstIndex { weight in
                drawn -= weight
                return drawn < 0
            }
            failing[place ?? names.count - 1] += 1
        }
        let all = zip(failing, generator.split(users.count - users.failing, by: weights)).map(+)
        return names.indices.map { index in
            Arm(
                name: names[index], share: Double(all[index]) / Double(users.count),
                failing: all[index] == 0 ? 0 : Double(failing[index]) / Double(all[index]))
        }
    }
}
