package import Rollouts

/// How the model server of one deployment is to behave (playbook: `backends.simulated.simulate.NAME`).
package struct DeploymentProfile: Codable, Hashable, Sendable {
    package var latency: Latency
    /// The share of requests that the model answers with an error, 0 to 1.
    package var errors: Double
    /// How long it takes to deploy; nil: as long as ``SimulationSettings/Durations`` says.
    package var readyAfter: Interval?
    /// What it answers; nil: a sample of predictions.
    package var answer: Value?
    package var fault: Fault?
    /// When the fault shows, or how long it lasts; nil: as long as the fault's own default.
    package var faultAfter: Interval?

    package init(
        latency: Latency = Latency(), errors: Double = 0, readyAfter: Interval? = nil, answer: Value? = nil,
        fault: Fault? = nil, faultAfter: Interval? = nil
    ) {
        self.latency = latency
        self.errors = errors
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

    /// Latencies as they are drawn.
    var servedLatency: LogNormal {
        LogNormal(p50: latency.p50, p99: latency.p99, stretch: fault == .slow ? 20 : 1)
    }

    /// The share of requests that the model answers with an error.
    var servedErrors: Double { fault == .failing ? 1 : errors }
}
