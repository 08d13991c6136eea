#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import FoundationEssentials
package import Rollouts
package import SimulatedEndpoints

/// Simulates one instance of a deployment in process, according to the deployment's profile.
///
/// Everything possible is precomputed: an answer costs a few random numbers and some arithmetic, and no allocation.
package struct SimulatedServer: Sendable {
    package let profile: DeploymentProfile
    /// When the instance became ready; the delays of faults are counted from here.
    package let ready: Timestamp
    /// The number of the instance, from 0.
    package let instance: Int

    private let healthy: LogNormal
    private let slow: LogNormal
    private let success: String
    /// When the fault begins; `distantFuture` if there is none.
    private let faultBegin: Timestamp

    private let answerValue: Value
    private let isSteady: Bool

    package init(profile: DeploymentProfile, ready: Timestamp, instance: Int = 0) {
        self.profile = profile
        self.ready = ready
        self.instance = instance
        answerValue = profile.answer ?? Self.sampleAnswer
        isSteady = profile.isSteady
        healthy = LogNormal(p50: profile.latency.p50, p99: profile.latency.p99)
        slow = LogNormal(p50: profile.latency.p50, p99: profile.latency.p99, stretch: Self.slowness)
        success = JSONWriter.text(answerValue)
        faultBegin = profile.fault == nil ? .distantFuture : ready + Self.faultDelay(of: profile)
    }

    /// Answers a request that arrives at `time`.
    ///
    /// - Parameters:
    ///   - time: When the request arrives.
    ///   - loadAge: How long the endpoint's clients have been sending; nil if there were none yet.
    ///   - liveRate: Live requests per second to this instance; 0 for a copy or a request that names its deployment.
    ///   - generator: The source of randomness.
    /// - Returns: The latency and the content of the answer.
    package func answer(
        at time: Timestamp, loadAge: Interval? = nil, liveRate: Double = 0,
        using generator: inout some RandomNumberGenerator
    ) -> SimulatedAnswer {
        let fault = time >= faultBegin ? profile.fault : nil
        guard fault != .crashAfterReady, fault != .flapping || isReady(at: time) else { return .unavailable }
        let distribution = fault == .slow ? slow : healthy
        let trouble =
            isSteady
            ? Trouble()
            : profile.trouble(
                in: Circumstances(age: time - ready, instance: instance, loadAge: loadAge, liveRate: liveRate))
        let drawn = distribution.latency(atNormal: Self.normal(generator.next())) * trouble.latencyFactor
        let milliseconds = min(drawn, Self.longest)
        let nanoseconds = Int64(milliseconds * 1_000_000)
        guard fault != .failing else { return .failure(after: nanoseconds) }
        guard !Self.happens(profile.errors, &generator), !Self.happens(trouble.errors, &generator) else {
            return .failure(after: nanoseconds)
        }
        guard Self.happens(profile.disagrees, &generator) else {
            return SimulatedAnswer(nanoseconds: nanoseconds, status: 200, body: success)
        }
        let other = JSONWriter.text(answerValue.disagreeing(generator.next()))
        return SimulatedAnswer(nanoseconds: nanoseconds, status: 200, body: other)
    }

    /// Whether the instance is ready: not in every other minute while flapping, nor after a crash.
    package func isReady(at time: Timestamp) -> Bool {
        guard time >= faultBegin else { return true }
        return switch profile.fault {
        case .flapping: (time - faultBegin).milliseconds / 60_000 % 2 == 0
        case .crashAfterReady: false
        default: true
        }
    }

    /// When the server crashes, for the fault `crash_after_ready`; otherwise nil.
    package var crash: Timestamp? { profile.fault == .crashAfterReady ? faultBegin : nil }

    /// The factor by which the fault `slow` multiplies latency.
    private static let slowness = 20.0
    /// The maximum latency in milliseconds (one hour), which prevents arithmetic overflow.
    private static let longest = 3_600_000.0

    /// The profile's delay; by default, a crash has a standard delay and every other fault begins at once.
    private static func faultDelay(of profile: DeploymentProfile) -> Interval {
        profile.fault == .crashAfterReady ? profile.faultDelay : profile.faultAfter ?? .zero
    }

    /// Converts 64 random bits to a number with the standard normal distribution, by the Box–Muller method.
    ///
    /// Each of its two uniform numbers has 32 bits, which limits the result to ±6.7.
    private static func normal(_ bits: UInt64) -> Double {
        let first = (Double(bits >> 32) + 0.5) / 4_294_967_296
        let second = Double(bits & 0xFFFF_FFFF) / 4_294_967_296
        return (-2 * log(first)).squareRoot() * cos(2 * .pi * second)
    }

    /// Returns true with probability `share`.
    private static func happens(_ share: Double, _ generator: inout some RandomNumberGenerator) -> Bool {
        share > 0 && unit(generator.next()) < share
    }

    /// Converts random bits to a number from 0 to less than 1.
    private static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) / 9_007_199_254_740_992 }

    private static let sampleAnswer: Value = ["predictions": [.number(11055.98), .number(4503.08)]]
}

extension SimulatedServer: Hashable {
    /// Compares the three properties that determine all others.
    package static func == (left: Self, right: Self) -> Bool {
        left.ready == right.ready && left.instance == right.instance && left.profile == right.profile
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ready)
        hasher.combine(instance)
        hasher.combine(profile)
    }
}

package struct SimulatedAnswer: Hashable, Sendable {
    package var nanoseconds: Int64
    /// The model server's status, before the platform maps failures to 424.
    package var status: Int
    /// The body, in JSON.
    package var body: String

    package init(nanoseconds: Int64, status: Int, body: String) {
        self.nanoseconds = nanoseconds
        self.status = status
        self.body = body
    }

    static func failure(after nanoseconds: Int64) -> Self {
        Self(nanoseconds: nanoseconds, status: 500, body: runFailed)
    }

    /// The answer while no server is running.
    static let unavailable = Self(
        nanoseconds: 0, status: 503,
        body: #"{"error":{"code":"ModelError","message":"upstream connect error or disconnect before headers"}}"#)

    private static let runFailed = #"{"error":{"code":"ModelError","message":"run(raw_data) failed"}}"#
}
