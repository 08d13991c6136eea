internal import FoundationEssentials
package import RolloutEngine
package import Rollouts

/// Single requests to a simulated endpoint (AzureCompatibility.md).
extension EndpointSimulation {
    /// Answers `request` as the named deployment or, if `deployment` is `nil`, as one drawn by traffic weight.
    package mutating func invoke(_ request: InferenceRequest, deployment: Name?, at time: Timestamp)
        -> InferenceResponse
    {
        advance(to: time)
        guard let endpoint else { return .notFound("there is no endpoint \(key.name)") }
        let arm = deployment == nil ? route(endpoint.traffic.actual) : nil
        guard let name = deployment ?? arm?.name else {
            return .notFound("endpoint \(key.name) has no deployment with positive traffic")
        }
        guard endpoint.deployment(name) != nil else {
            return .notFound("endpoint \(key.name) has no deployment \(name)")
        }
        now = max(now, time)
        let isHopeless = arm.map { $0.failing > 0 && requestGenerator.unit() < $0.failing } ?? false
        let live = answer(request, by: name, liveRate: (clients?.rate ?? 0) * (arm?.share ?? 0), isHopeless)
        guard deployment == nil else { return live.response }
        for mirror in endpoint.mirrorTraffic.actual.deployments {
            guard requestGenerator.unit() * 100 < Double(endpoint.mirrorTraffic.actual[mirror]) else { continue }
            compare(live, with: answer(request, by: mirror, liveRate: 0, isHopeless), of: mirror)
        }
        return live.response
    }

    /// Draws a deployment by traffic weight; returns `nil` if there is no traffic.
    private mutating func route(_ traffic: Traffic) -> Arm? {
        guard traffic.sum > 0 else { return nil }
        var drawn = requestGenerator.unit()
        return arms(of: traffic).first {
            drawn -= $0.share
            return drawn < 0
        }
    }

    private struct Answer {
        var response: InferenceResponse
        /// Whether the answer differs from the deployment's regular one.
        var disagrees = false
    }

    private mutating func answer(
        _ request: InferenceRequest, by name: Name, liveRate: Double, _ isHopeless: Bool
    ) -> Answer {
        let answer = answer(to: request, by: name, liveRate: liveRate, isHopeless)
        let response = answer.response
        var counts = OutcomeReading.Counts()
        counts.requests = 1
        counts.errors = response.status == 200 ? 0 : 1
        counts.latencies[OutcomeReading.latencyBin(ofMilliseconds: response.latency.seconds * 1000)] = 1
        totals.add(counts, to: name)
        return answer
    }

    private mutating func answer(
        to request: InferenceRequest, by name: Name, liveRate: Double, _ isHopeless: Bool
    ) -> Answer {
        let ready = snapshot(at: now)?.deployment(name)?.instances.ready ?? 0
        guard ready > 0 else {
            let words = "upstream connect error or disconnect/reset before headers"
            return Answer(response: .modelError(503, words, .zero, by: name))
        }
        let instance = Int.random(in: 0..<ready, using: &requestGenerator)
        let profile = profile(of: name)
        let starts = servers[name]?.starts ?? []
        let trouble = profile.trouble(
            in: Circumstances(
                age: now - (instance < starts.count ? starts[instance] : now), instance: instance,
                loadAge: clients.map { now - $0.since }, liveRate: liveRate / Double(ready)))
        let drawn = min(profile.servedLatency(in: trouble).draw(with: &requestGenerator), 1e9)
        let latency = Interval(milliseconds: max(Int64(drawn.rounded()), 1))
        let fails = requestGenerator.unit() < profile.servedErrors(in: trouble) || isHopeless
        let disagrees = profile.disagrees > 0 && requestGenerator.unit() < profile.disagrees
        let limit = timeout(of: name)
        let own = answer(of: name)
        let response: InferenceResponse =
            if latency > limit {
                InferenceResponse(
                    status: 408, body: error("RequestTimeout", "no answer within \(limit)"), latency: limit,
                    deployment: name)
            } else if !request.isJSON {
                .modelError(400, "run(raw_data) failed: the request is not JSON", latency, by: name)
            } else if fails {
                .modelError(500, "run(raw_data) failed", latency, by: name)
            } else {
                InferenceResponse(
                    status: 200, body: JSONWriter.text(disagrees ? own.disagreeing(requestGenerator.next()) : own),
                    latency: latency, deployment: name)
            }
        log("POST /score \(response.status) \(response.latency)", of: name, instance: instance, at: now)
        return Answer(response: response, disagrees: disagrees)
    }

    private mutating func compare(_ left: Answer, with right: Answer, of mirror: Name) {
        let (live, copy) = (left.response, right.response)
        var pairs = OutcomeReading.PairCounts(pairs: 1)
        switch (live.status == 200, copy.status == 200) {
        case (false, true): pairs.onlyLiveFailed = 1
        case (true, false): pairs.onlyMirrorFailed = 1
        case (true, true):
            pairs.compared = 1
            let differ = live.deployment.map { answersDiffer($0, mirror) } == true
            pairs.disagreed = differ || left.disagrees || right.disagrees ? 1 : 0
        case (false, false): pairs.bothFailed = 1
        }
        pairs.liveLatencies[OutcomeReading.latencyBin(ofMilliseconds: live.latency.seconds * 1000)] = 1
        pairs.mirrorLatencies[OutcomeReading.latencyBin(ofMilliseconds: copy.latency.seconds * 1000)] = 1
        totals.add(pairs, to: mirror)
    }

    /// Returns a deployment's answer when there is no trouble.
    func answer(of name: Name) -> Value {
        profiles[name]?.answer
            ?? ["deployment": .string(name.text), "predictions": [.number(11055.98), .number(4503.08)]]
    }
}

extension InferenceRequest {
    var isJSON: Bool {
        do {
            _ = try JSONReader.value(body.utf8)
            return true
        } catch {
            return false
        }
    }
}

extension InferenceResponse {
    fileprivate static func notFound(_ words: String) -> Self {
        Self(status: 404, body: error("NotFound", words), latency: .zero, deployment: nil)
    }

    /// The model answered with `status`, which clients receive as 424.
    fileprivate static func modelError(_ status: Int, _ words: String, _ latency: Interval, by name: Name) -> Self {
        Self(
            status: 424, body: error("ModelError", words, more: ["modelStatus": .integer(status)]), latency: latency,
            deployment: name)
    }
}

private func error(_ code: String, _ message: String, more: [String: Value] = [:]) -> String {
    let members: [String: Value] = ["code": .string(code), "message": .string(message)]
    return JSONWriter.text(["error": .mapping(members.merging(more) { first, _ in first })])
}
