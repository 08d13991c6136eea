package import RolloutEngine
package import Rollouts

/// What becomes of the requests of clients, counted for a whole stretch of time at once.
extension EndpointSimulation {
    /// Lets clients send `load` from `time` on; nil ends it.
    package mutating func setLoad(_ load: Load?, at time: Timestamp, settings: SimulationSettings) {
        advance(to: time)
        now = max(now, time)
        adopt(settings.profiles)
        countRequests(until: now)
        guard let load, load.rate > 0 else {
            clients = nil
            return
        }
        let news = Clients(
            rate: min(load.rate, 1_000_000), sendJSON: load.request.isJSON, since: now, countedUntil: now)
        // The same load set again, as a resumed run does, goes on where it was.
        guard clients?.rate != news.rate || clients?.sendJSON != news.sendJSON else { return }
        clients = news
    }

    /// What was counted since the totals `earlier`, until `time`.
    package mutating func reading(since earlier: Totals, at time: Timestamp) -> OutcomeReading {
        takeStock(at: time)
        return totals.reading(since: earlier, cursor: cursor)
    }

    /// What is told to one whose cursor is not known.
    package mutating func lost(at time: Timestamp) -> OutcomeReading {
        takeStock(at: time)
        return OutcomeReading(cursor: cursor, continuity: .lost)
    }

    /// Counts until `time`, and gives what was counted a cursor.
    private mutating func takeStock(at time: Timestamp) {
        advance(to: time)
        countRequests(until: time)
        if totals != totalsAtCursor {
            cursor += 1
            totalsAtCursor = totals
            outbox.checkpoint = totals
        }
    }

    /// Counts the requests until `time`; nothing but flapping has changed since the last count.
    mutating func countRequests(until time: Timestamp) {
        guard let clients, time > clients.countedUntil else { return }
        let begin = clients.countedUntil
        let all = Int(min(clients.rate * (time - clients.since).seconds, 1e15))
        self.clients?.countedUntil = time
        self.clients?.counted = max(all, clients.counted)
        guard let endpoint, all > clients.counted, endpoint.traffic.actual.sum > 0 else { return }
        let live = endpoint.traffic.actual.deployments
        let parts = generator.split(all - clients.counted, by: live.map { Double(endpoint.traffic.actual[$0]) })
        for (name, requests) in zip(live, parts) {
            let counts = serve(requests, by: name, from: begin, to: time)
            totals.add(counts, to: name)
            for mirror in endpoint.mirrorTraffic.actual.deployments {
                let share = Double(endpoint.mirrorTraffic.actual[mirror]) / 100
                count(copiesOf: counts, by: name, for: mirror, share: share, from: begin, to: time)
            }
        }
    }

    /// Draws what becomes of `requests` that are sent to `name`.
    private mutating func serve(_ requests: Int, by name: Name, from begin: Timestamp, to end: Timestamp)
        -> OutcomeReading.Counts
    {
        var counts = OutcomeReading.Counts()
        guard requests > 0 else { return counts }
        let profile = profiles[name] ?? DeploymentProfile()
        let reached = generator.successes(of: requests, share: readyShare(of: name, from: begin, to: end))
        let limit = Double(timeout(of: name).milliseconds)
        let latency = profile.servedLatency
        let late = generator.successes(of: reached, share: 1 - latency.share(upTo: limit))
        let wrong = generator.successes(
            of: reached - late, share: clients?.sendJSON == false ? 1 : profile.servedErrors)
        counts.requests = requests
        counts.errors = requests - reached + late + wrong
        counts.latencies = generator.split(reached - late, by: binShares(of: latency, limit: limit))
        // Nobody answered: the router knows at once.
        counts.latencies[0] += requests - reached
        counts.latencies[OutcomeReading.latencyBin(ofMilliseconds: limit)] += late
        return counts
    }

    /// Counts the copies of a stretch of live requests, and how their answers compare.
    private mutating func count(
        copiesOf live: OutcomeReading.Counts, by name: Name, for mirror: Name, share: Double, from begin: Timestamp,
        to end: Timestamp
    ) {
        let pairs = generator.successes(of: live.requests, share: share)
        guard pairs > 0 else { return }
        let copies = serve(pairs, by: mirror, from: begin, to: end)
        totals.add(copies, to: mirror)
        let failureShare = Double(live.errors) / Double(live.requests)
        let drawn = generator.successes(of: pairs, share: failureShare)
        let liveFailed = min(max(drawn, pairs - (live.requests - live.errors)), live.errors, pairs)
        // Of the copies that failed, as many as chance has it are copies of live requests that failed.
        let chance = generator.successes(of: copies.errors, share: Double(liveFailed) / Double(pairs))
        let both = min(max(chance, liveFailed + copies.errors - pairs), liveFailed)
        let answered = pairs - liveFailed - copies.errors + both
        totals.add(
            OutcomeReading.PairCounts(
                pairs: pairs, onlyLiveFailed: liveFailed - both, onlyMirrorFailed: copies.errors - both,
                disagreed: disagree(name, mirror) ? answered : 0),
            to: mirror)
    }

    /// True when the two answer differently; that each names itself is no difference.
    func disagree(_ left: Name, _ right: Name) -> Bool {
        answer(of: left).withoutDeployment != answer(of: right).withoutDeployment
    }

    /// The share of the time that an instance of `name` could answer.
    private func readyShare(of name: Name, from begin: Timestamp, to end: Timestamp) -> Double {
        guard let deployment = endpoint?.deployment(name), deployment.instances.ready > 0 else { return 0 }
        return servers[name]?.readyShare(from: begin, to: end) ?? 1
    }

    func timeout(of name: Name) -> Interval {
        endpoint?.deployment(name)?.definition.requestSettings.timeout ?? RequestSettings().timeout
    }

    /// The shares of latencies up to `limit` in every bin.
    private func binShares(of latency: LogNormal, limit: Double) -> [Double] {
        var shares: [Double] = []
        var below = 0.0
        for bound in OutcomeReading.latencyBounds + [.infinity] {
            let upTo = latency.share(upTo: min(bound, limit))
            shares.append(max(upTo - below, 0))
            below = max(upTo, below)
        }
        return shares
    }
}

extension Value {
    fileprivate var withoutDeployment: Value {
        guard case .mapping(var members) = self else { return self }
        members["deployment"] = nil
        return .mapping(members)
    }
}
