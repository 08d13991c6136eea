internal import RolloutEngine
internal import RolloutService
internal import RolloutStatistics
internal import Rollouts

/// The output of `turnout rehearse --json`.
struct RehearsalReport: Encodable {
    struct Stage: Encodable {
        var name: String
        var action: StageAction.Kind
        var status: StageStatus
        var attempts: Int
        /// Seconds since the start of the rehearsal.
        var startedSeconds: Double?
        var durationSeconds: Double?
        var reason: String?

        private enum CodingKeys: String, CodingKey {
            case name, action, status, attempts, reason
            case startedSeconds = "started_seconds"
            case durationSeconds = "duration_seconds"
        }
    }

    struct Moment: Encodable {
        var atSeconds: Double
        var stage: String?
        var kind: String
        var what: String
        /// The colour for display; not part of the JSON.
        var tint: Style.Tint?

        private enum CodingKeys: String, CodingKey {
            case stage, kind, what
            case atSeconds = "at_seconds"
        }
    }

    struct Shares: Encodable {
        var atSeconds: Double
        /// How long the traffic stayed like this, in seconds.
        var durationSeconds: Double
        var traffic: DesiredAndActual<Traffic>
        var mirrorTraffic: DesiredAndActual<Traffic>

        private enum CodingKeys: String, CodingKey {
            case traffic
            case atSeconds = "at_seconds"
            case durationSeconds = "duration_seconds"
            case mirrorTraffic = "mirror_traffic"
        }
    }

    struct Requests: Encodable {
        var deployment: Name
        /// Live requests and mirrored copies.
        var requests: Int
        var failed: Int
        /// Upper bound of the median latency in milliseconds; null if unknown.
        var p50: Double?
        /// Upper bound of the 99th percentile in milliseconds; null if unknown.
        var p99: Double?
        /// The counts of mirrored pairs; null if the deployment was not mirrored to.
        var mirrored: PairsReport?

        private enum CodingKeys: String, CodingKey {
            case deployment, requests, failed, mirrored
            case p50 = "p50_milliseconds"
            case p99 = "p99_milliseconds"
        }
    }

    var playbook: String
    var backend: String
    var endpoint: Name
    var seed: UInt64
    var status: RunStatus
    var reason: String?
    /// The duration of the whole rehearsal in seconds.
    var durationSeconds: Double
    var stages: [Stage]
    var timeline: [Moment]
    var traffic: [Shares]
    var requests: [Requests]
    /// Programs that a run would have started.
    var commandsNotRun: [String]
    /// Metrics that a run would have queried; the rehearsal assumes that they are within their limits.
    var queriesNotAsked: [String]
    /// The results of typical regressions; empty if the playbook has no analysis.
    var regressions: [RegressionReport] = []
    /// Requests that stages sent to deployments as tests, which affect no client.
    var testRequests: [Name: Int] = [:]
    /// The deployment that was analysed, and to which the regressions apply.
    var candidate: Name?

    private enum CodingKeys: String, CodingKey {
        case playbook, backend, endpoint, seed, status, reason, stages, timeline, traffic, requests
        case durationSeconds = "duration_seconds"
        case commandsNotRun = "commands_not_run"
        case queriesNotAsked = "queries_not_asked"
        case regressions, candidate
    }

    init(_ rehearsal: Rehearsal, _ timeline: RehearsalTimeline) {
        let (plan, record, stages, requests) = (
            rehearsal.plan, rehearsal.record, rehearsal.stages, rehearsal.requests
        )
        let (start, lasted) = (rehearsal.start, rehearsal.lasted)
        playbook = plan.playbook
        backend = plan.backend
        endpoint = plan.endpoint
        seed = rehearsal.seed
        status = rehearsal.outcome == .waiting ? .waiting : record.status
        reason = record.reason
        durationSeconds = lasted.seconds
        self.stages = stages.map { Stage($0, since: start, until: start + lasted) }
        self.timeline = timeline.moments.map {
            Moment(atSeconds: $0.at.seconds, stage: $0.stage, kind: $0.kind, what: $0.text, tint: $0.tint)
        }
        let ends = timeline.shares.dropFirst().map(\.at) + [lasted]
        traffic = zip(timeline.shares, ends).map { shares, end in
            Shares(
                atSeconds: shares.at.seconds, durationSeconds: end.seconds - shares.at.seconds,
                traffic: shares.traffic, mirrorTraffic: shares.mirror)
        }
        self.requests = requests.deployments.sorted { $0.key < $1.key }.map { name, counts in
            Requests(
                deployment: name, requests: counts.requests, failed: counts.errors, p50: counts.latencyBound(of: 0.5),
                p99: counts.latencyBound(of: 0.99), mirrored: requests.mirrored[name].map(PairsReport.init))
        }
        candidate = rehearsal.candidate
        for (stage, record) in zip(plan.stages, stages) {
            guard let invocation = stage.action.invocation, let name = invocation.deployment else { continue }
            testRequests[name, default: 0] += invocation.times * record.attempts
        }
        commandsNotRun = plan.stages.compactMap { stage in
            stage.skip == nil ? stage.action.command?.words.joined(separator: " ") : nil
        }
        queriesNotAsked = plan.stages.filter { $0.skip == nil }.compactMap(\.analysis).flatMap(\.metrics)
            .compactMap { metric -> String? in
                guard case .prometheus(let limits) = metric else { return nil }
                return limits.name
            }
    }
}

extension RehearsalReport.Stage {
    fileprivate init(_ record: StageRecord, since start: Timestamp, until end: Timestamp) {
        name = record.name
        action = record.action
        status = record.status
        attempts = record.attempts
        startedSeconds = record.started.map { ($0 - start).seconds }
        durationSeconds = record.started.map { ((record.ended ?? end) - $0).seconds }
        reason = record.reason
    }
}
