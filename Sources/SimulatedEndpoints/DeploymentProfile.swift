package import Rollouts

/// The simulated behaviour of one deployment's model server (playbook: `backends.simulated.simulate.NAME`).
///
/// ```yaml
/// latency: {p50: 40ms, p99: 200ms}
/// errors: 0.5%
/// disagrees: 2%                                              # of the answers differ from what others answer
/// cold_start: {for: 30s, latency_factor: 5}                  # the first 30 s of every instance
/// leak: {per: 10m, latency_factor: 2, errors: 1%}            # so much more every 10 minutes of an instance
/// bad_instance: {errors: 100%}                               # one instance, the first
/// under_load: {above: 20/s, latency_factor: 10}              # more live requests than that to an instance
/// fault: slow
/// ```
package struct DeploymentProfile: Hashable, Sendable {
    package var latency: Latency
    /// The share of requests that the model answers with an error, 0 to 1.
    package var errors: Double
    /// The share of answers that differ from those of an otherwise equal deployment, 0 to 1.
    package var disagrees: Double
    /// The time to deploy; `nil` uses ``SimulationSettings/Durations``.
    package var readyAfter: Interval?
    /// The answer to every request; `nil` uses sample predictions.
    package var answer: Value?
    package var fault: Fault?
    /// The delay until the fault appears, or its duration; `nil` uses the fault's default.
    package var faultAfter: Interval?
    package var leak: Leak?
    package var coldStart: ColdStart?
    package var badInstance: Trouble?
    package var overload: Overload?
    /// The incidents of the endpoint, which affect every deployment (`backends.simulated.incidents`).
    package var incidents: [Incident]

    package init(
        latency: Latency = Latency(), errors: Double = 0, disagrees: Double = 0, readyAfter: Interval? = nil,
        answer: Value? = nil, fault: Fault? = nil, faultAfter: Interval? = nil, leak: Leak? = nil,
        coldStart: ColdStart? = nil, badInstance: Trouble? = nil, overload: Overload? = nil,
        incidents: [Incident] = []
    ) {
        self.latency = latency
        self.errors = errors
        self.disagrees = disagrees
        self.leak = leak
        self.coldStart = coldStart
        self.badInstance = badInstance
        self.overload = overload
        self.incidents = incidents
        self.readyAfter = readyAfter
        self.answer = answer
        self.fault = fault
        self.faultAfter = faultAfter
    }

    /// Log-normal latencies: half of the requests take at most `p50`, and 99 % take at most `p99`.
    package struct Latency: Codable, Hashable, Sendable {
        package var p50: Interval
        package var p99: Interval

        package init(p50: Interval = .milliseconds(40), p99: Interval = .milliseconds(200)) {
            self.p50 = p50
            self.p99 = p99
        }
    }

    /// The fault of a deployment.
    package enum Fault: String, Codable, Hashable, Sendable, CaseIterable {
        /// The deployment stays Creating, and becomes Failed after `fault_after` (30 minutes by default).
        case neverReady = "never_ready"
        /// The deployment becomes ready, and its instances fail after `fault_after` (5 minutes by default).
        case crashAfterReady = "crash_after_ready"
        /// The deployment is refused because the quota is insufficient.
        case quota
        /// Responses take 20 times as long.
        case slow
        /// The deployment alternates between ready and not ready every minute.
        case flapping
        /// All changes to the deployment are refused with 409 for `fault_after` (5 minutes by default) after the first.
        case refuseUpdating = "refuse_updating"
        /// The deployment is ready, but answers every request with an error.
        case failing

        var standardDelay: Interval {
            switch self {
            case .neverReady: .minutes(30)
            default: .minutes(5)
            }
        }
    }

    /// The delay until the fault appears, or its duration.
    package var faultDelay: Interval { faultAfter ?? fault?.standardDelay ?? .zero }

    /// Returns the latency distribution in `trouble`.
    func servedLatency(in trouble: Trouble = Trouble()) -> LogNormal {
        LogNormal(
            p50: latency.p50, p99: latency.p99, stretch: (fault == .slow ? 20 : 1) * trouble.latencyFactor)
    }

    /// Returns the share of requests that the model answers with an error in `trouble`.
    func servedErrors(in trouble: Trouble) -> Double {
        Trouble(errors: fault == .failing ? 1 : errors).joined(with: trouble).errors
    }
}

extension DeploymentProfile: Codable {
    /// Also reads the format of earlier versions, which had fewer members.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            latency: try members.decode(Latency.self, forKey: .latency),
            errors: try members.decode(Double.self, forKey: .errors),
            disagrees: try members.decodeIfPresent(Double.self, forKey: .disagrees) ?? 0,
            readyAfter: try members.decodeIfPresent(Interval.self, forKey: .readyAfter),
            answer: try members.decodeIfPresent(Value.self, forKey: .answer),
            fault: try members.decodeIfPresent(Fault.self, forKey: .fault),
            faultAfter: try members.decodeIfPresent(Interval.self, forKey: .faultAfter),
            leak: try members.decodeIfPresent(Leak.self, forKey: .leak),
            coldStart: try members.decodeIfPresent(ColdStart.self, forKey: .coldStart),
            badInstance: try members.decodeIfPresent(Trouble.self, forKey: .badInstance),
            overload: try members.decodeIfPresent(Overload.self, forKey: .overload),
            incidents: try members.decodeIfPresent([Incident].self, forKey: .incidents) ?? [])
    }
}
