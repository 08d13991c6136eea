package import RolloutEngine
package import Rollouts

/// The outcomes of client requests, counted for a whole period of time at once.
extension EndpointSimulation {
    /// Makes clients send `load` from `time` on; `nil` stops them.
    package mutating func setLoad(_ load: Load?, at time: Timestamp, settings: SimulationSettings) {
        advance(to: time)
        now = max(now, time)
        adopt(settings)
        countRequests(until: now)
        guard let load, load.rate > 0 else {
            clients = nil
            return
        }
        let news = Clients(
            rate: min(load.rate, 1_000_000), sendJSON: load.request.isJSON, since: now, countedUntil: now)
        // Setting the same load again, as a resumed run does, continues where it was.
        guard clients?.rate != news.rate || clients?.sendJSON != news.sendJSON else { return }
        clients = news
    }

    /// Returns what was counted between the totals `earlier` and `time`.
    package mutating func reading(since earlier: Totals, at time: Timestamp) -> OutcomeReading {
        issueCursor(at: time)
        return totals.reading(since: earlier, cursor: cursor)
    }

    /// Returns the totals for which `cursor` was issued, if it is the latest cursor.
    func latestTotals(at cursor: Int) -> Totals? { cursor == self.cursor ? totalsAtCursor : nil }

    /// Returns the reading for a reader whose cursor is unknown.
    package mutating func lost(at time: Timestamp) -> OutcomeReading {
        issueCursor(at: time)
        return OutcomeReading(cursor: cursor, continuity: .lost)
    }

    /// Counts until `time`, and issues a cursor for the result.
    private mutating func issueCursor(at time: Timestamp) {
        advance(to: time)
        countRequests(until: time)
        if totals != totalsAtCursor {
            cursor += 1
            totalsAtCursor = totals
            outbox.checkpoint = totals
        }
    }

    /// Counts the requests until `time`.
    ///
    /// Since the last count, nothing has changed except through the profiles themselves.
    mutating func countRequests(until time: Timestamp) {
        guard let clients, time > clients.countedUntil else { return }
        let begin = clients.countedUntil
        let all = Int(min(clients.rate * (time - clients.since).seconds, 1e15))
        self.clients?.countedUntil = time
        self.clients?.counted = max(all, clients.counted)
        guard let endpoint, all > clients.counted, endpoint.traffic.actual.sum > 0 else { return }
        let arms = arms(of: endpoint.traffic.actual)
        let parts = generator.split(all - clients.counted, by: arms.map(\.share))
        for (arm, requests) in zip(arms, parts) {
            let span = Span(begin: begin, end: time, liveRate: clients.rate * arm.share)
            let byUsers = generator.successes(of: requests, share: arm.failing)
            var served = Served(byUsers: byUsers)
            served.counts = answer(requests - byUsers, by: arm.name, during: span)
            if byUsers > 0 {
                let failed = answer(byUsers, by: arm.name, during: span, failing: true)
                served.counts = served.counts.combined(with: failed, +)
            }
            totals.add(served.counts, to: arm.name)
            for mirror in endpoint.mirrorTraffic.actual.deployments {
                let share = Double(endpoint.mirrorTraffic.actual[mirror]) / 100
                count(copiesOf: served, by: arm.name, for: mirror, share: share, during: span)
            }
        }
    }

    /// The requests that one deployment received.
    private struct Served {
        var counts = OutcomeReading.Counts()
        /// The requests from users whose requests always fail.
        var byUsers: Int
    }

    /// Draws the outcomes of `requests` to `name`; if `failing`, none of them can be answered.
    private mutating func answer(_ requests: Int, by name: Name, during span: Span, failing: Bool = false)
        -> OutcomeReading.Counts
    {
        var counts = OutcomeReading.Counts(requests: requests)
        guard requests > 0 else { return counts }
        let reached = generator.successes(of: requests, share: readyShare(of: name, during: span))
        // The router rejects the others immediately, because no instance is ready.
        counts.errors = requests - reached
        counts.refused = requests - reached
        counts.latencies[0] = requests - reached
        let profile = profile(of: name)
        let limit = Double(timeout(of: name).milliseconds)
        let parts = parts(of: name, profile, during: span)
        for (part, size) in zip(parts, generator.split(reached, by: parts.map(\.weight))) where size > 0 {
            let latency = profile.servedLatency(in: part.trouble)
            let late = generator.successes(of: size, share: 1 - latency.share(upTo: limit))
            let isHopeless = failing || clients?.sendJSON == false
            counts.errors += late
            counts.errors += generator.successes(
                of: size - late, share: isHopeless ? 1 : profile.servedErrors(in: part.trouble))
            counts.latencies[OutcomeReading.latencyBin(ofMilliseconds: limit)] += late
            guard size > late else { continue }
            generator.draw(size - late, from: BinnedLatencies.of(latency, upTo: limit), into: &counts.latencies)
        }
        return counts
    }

    /// Counts the copies of the live requests of a period, and compares their responses.
    private mutating func count(
        copiesOf live: Served, by name: Name, for mirror: Name, share: Double, during span: Span
    ) {
        var pairs = OutcomeReading.PairCounts()
        for (bin, count) in live.counts.latencies.enumerated() where count > 0 {
            pairs.liveLatencies[bin] = generator.successes(of: count, share: share)
            pairs.pairs += pairs.liveLatencies[bin]
        }
        guard pairs.pairs > 0 else { return }
        let span = Span(begin: span.begin, end: span.end, liveRate: 0)
        // A user's request that cannot be answered cannot be answered by the mirror either.
        let others = live.counts.requests - live.byUsers
        let byUsers = chosen(live.byUsers, of: live.counts.requests, among: pairs.pairs)
        let copies = answer(pairs.pairs - byUsers, by: mirror, during: span)
        let failed = answer(byUsers, by: mirror, during: span, failing: true)
        let all = copies.combined(with: failed, +)
        totals.add(all, to: mirror)
        pairs.mirrorLatencies = all.latencies
        let liveFailed = chosen(live.counts.errors - live.byUsers, of: others, among: pairs.pairs - byUsers)
        // The number of failed copies whose live request also failed is drawn at random.
        let both = chosen(liveFailed, of: pairs.pairs - byUsers, among: copies.errors)
        pairs.bothFailed = byUsers + both
        pairs.onlyLiveFailed = liveFailed - both
        pairs.onlyMirrorFailed = copies.errors - both
        pairs.compared = pairs.pairs - pairs.bothFailed - pairs.onlyLiveFailed - pairs.onlyMirrorFailed
        pairs.disagreed = generator.successes(of: pairs.compared, share: disagreement(of: name, mirror))
        totals.add(pairs, to: mirror)
    }

    /// Draws how many of the `marked` ones among `count` are in a sample of `drawn`.
    private mutating func chosen(_ marked: Int, of count: Int, among drawn: Int) -> Int {
        guard count > 0 else { return 0 }
        let chance = generator.successes(of: drawn, share: Double(marked) / Double(count))
        return min(max(chance, drawn - (count - marked)), marked, drawn)
    }

    /// The share of requests that the two deployments answer differently; each naming itself does not count as a
    /// difference.
    func disagreement(of left: Name, _ right: Name) -> Double {
        guard !answersDiffer(left, right) else { return 1 }
        return Trouble(errors: profile(of: left).disagrees)
            .joined(with: Trouble(errors: profile(of: right).disagrees)).errors
    }

    func answersDiffer(_ left: Name, _ right: Name) -> Bool {
        answer(of: left).withoutDeployment != answer(of: right).withoutDeployment
    }

    /// The share of time in which an instance of `name` could answer.
    private func readyShare(of name: Name, during span: Span) -> Double {
        guard let deployment = endpoint?.deployment(name), deployment.instances.ready > 0 else { return 0 }
        return servers[name]?.readyShare(from: span.begin, to: span.end) ?? 1
    }

    func timeout(of name: Name) -> Interval {
        endpoint?.deployment(name)?.definition.requestSettings.timeout ?? RequestSettings().timeout
    }
}

extension Value {
    /// Returns an answer that differs from this one and from other disagreeing answers.
    package func disagreeing(_ random: UInt64) -> Value {
        guard case .mapping(var members) = self else { return ["answer": self, "disagrees": Self.number(random)] }
        members["disagrees"] = Self.number(random)
        return .mapping(members)
    }

    private static func number(_ random: UInt64) -> Value { .integer(Int(random >> 33)) }

    fileprivate var withoutDeployment: Value {
        guard case .mapping(var members) = self else { return self }
        members["deployment"] = nil
        return .mapping(members)
    }
}
