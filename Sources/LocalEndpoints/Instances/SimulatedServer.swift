#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import FoundationEssentials
package import Rollouts
package import SimulatedEndpoints

/// A deployment's profile, played by one instance in process.
///
/// What can be worked out beforehand is: an answer costs two random numbers and some arithmetic, and allocates nothing.
package struct SimulatedServer: Sendable {
    package let profile: DeploymentProfile
    /// When the instance became ready: faults that start later are counted from here.
    package let ready: Timestamp
    /// Its number, from 0.
    package let instance: Int

    private let healthy: LogNormal
    private let slow: LogNormal
    private let success: String
    /// When the fault begins to show; never where there is none.
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

    /// Answers a request that comes at `time`.
    ///
    /// - Parameters:
    ///   - time: When it comes.
    ///   - loadAge: How long the endpoint's clients have been sending then; nil where there were none yet.
    ///   - liveRate: Live requests a second to this instance; 0 for a copy or one that names the deployment.
    ///   - generator: For what is left to chance.
    /// - Returns: How long it takes, and with what it is answered.
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

    /// False in every other minute of flapping, and once it has crashed.
    package func isReady(at time: Timestamp) -> Bool {
        guard time >= faultBegin else { return true }
        return switch profile.fault {
        case .flapping: (time - faultBegin).milliseconds / 60_000 % 2 == 0
        case .crashAfterReady: false
        default: true
        }
    }

    /// When a server that crashes after it was ready does so; nil where it doesn't.
    package var crash: Timestamp? { profile.fault == .crashAfterReady ? faultBegin : nil }

    /// How many times as long a slow server takes.
    private static let slowness = 20.0
    /// Milliseconds; over an hour nobody waits, and no arithmetic overflows.
    private static let longest = 3_600_000.0

    /// What the profile says; else a crash comes after its standard delay, and every other fault is there at once.
    private static func faultDelay(of profile: DeploymentProfile) -> Interval {
        profile.fault == .crashAfterReady ? profile.faultDelay : profile.faultAfter ?? .zero
    }

    /// A number of the standard normal distribution of 64 random bits, by Box and Muller: 32 bits for each of its two
    /// uniform numbers bound it to ±6.7, and one request in ten milliards to the same latency as another.
    private static func normal(_ bits: UInt64) -> Double {
        let first = (Double(bits >> 32) + 0.5) / 4_294_967_296
        let second = Double(bits & 0xFFFF_FFFF) / 4_294_967_296
        return (-2 * log(first)).squareRoot() * cos(2 * .pi * second)
    }

    /// True with probability `share`.
    private static func happens(_ share: Double, _ generator: inout some RandomNumberGenerator) -> Bool {
        share > 0 && unit(generator.next()) < share
    }

    /// At least 0 and below 1.
    private static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) / 9_007_199_254_740_992 }

    private static let sampleAnswer: Value = ["predictions": [.number(11055.98), .number(4503.08)]]
}

extension SimulatedServer: Hashable {
    /// The rest follows from the three.
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
    /// What the model server answers, before the platform makes 424 of a failure.
    package var status: Int
    /// JSON.
    package var body: String

    package init(nanoseconds: Int64, status: Int, body: String) {
        self.nanoseconds = nanoseconds
        self.status = status
        self.body = body
    }

    static func failure(after nanoseconds: Int64) -> Self {
        Self(nanoseconds: nanoseconds, status: 500, body: runFailed)
    }

    /// Nobody is there to answer.
    static let unavailable = Self(
        nanoseconds: 0, status: 503,
        body: #"{"error":{"code":"ModelError","message":"upstream connect error or disconnect before headers"}}"#)

    private static let runFailed = #"{"error":{"code":"ModelError","message":"run(raw_data) failed"}}"#
}
