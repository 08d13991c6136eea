package import Rollouts

/// How the model server of one deployment is to behave (playbook: `backends.simulated.simulate.NAME`).
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
    /// The share of its answers that differ from what it, or another that answers the same, answers else.
    package var disagrees: Double
    /// How long it takes to deploy; nil: as long as ``SimulationSettings/Durations`` says.
    package var readyAfter: Interval?
    /// What it answers; nil: a sample of predictions.
    package var answer: Value?
    package var fault: Fault?
    /// When the fault shows, or how long it lasts; nil: as long as the fault's own default.
    package var faultAfter: Interval?
    package var leak: Leak?
    package var coldStart: ColdStart?
    package var badInstance: Trouble?
    package var overload: Overload?
    /// Those of its endpoint, which hit every deployment (`backends.simulated.incidents`).
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

    /// Half of all requests take at most `p50`, 99 % at most `p99`; what is between them is log-normal.
    package struct Latency: Codable, Hashable, Sendable {
        package var p50: Interval
        package var p99: Interval

        package init(p50: Interval = .milliseconds(40), p99: Interval = .milliseconds(200)) {
            self.p50 = p50
            self.p99 = p99
        }
    }

    /// What is wrong with it.
    package enum Fault: String, Codable, Hashable, Sendable, CaseIterable {
        /// It stays Creating, and is Failed after `fault_after`, 30 minutes.
        case neverReady = "never_ready"
        /// It becomes ready, and its instances fail `fault_after`, 5 minutes, later.
        case crashAfterReady = "crash_after_ready"
        /// The quota does not suffice: it is refused.
        case quota
        /// It takes 20 times as long to answer.
        case slow
        /// It is ready in one minute and not in the next.
        case flapping
        /// For `fault_after`, 5 minutes from the first, every change that is about it is refused with 409.
        case refuseUpdating = "refuse_updating"
        /// It is ready, and answers every request with an error.
        case failing

        var standardDelay: Interval {
            switch self {
            case .neverReady: .minutes(30)
            default: .minutes(5)
            }
        }
    }

    /// When the fault shows, or how long it lasts.
    package var faultDelay: Interval { faultAfter ?? fault?.standardDelay ?? .zero }

    /// Latencies as they are drawn in `trouble`.
    func servedLatency(in trouble: Trouble = Trouble()) -> LogNormal {
        LogNormal(
            p50: latency.p50, p99: latency.p99, stretch: (fault == .slow ? 20 : 1) * trouble.latencyFactor)
    }

    /// The share of requests that the model answers with an error in `trouble`.
    func servedErrors(in trouble: Trouble) -> Double {
        Trouble(errors: fault == .failing ? 1 : errors).joined(with: trouble).errors
    }
}

extension DeploymentProfile: Codable {
    /// Also of an earlier Turnout's, which had fewer members.
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
