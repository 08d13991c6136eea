internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts

/// An analysis in the output of `status --json`, `events --json` and `run --json`.
struct AnalysisReport: Encodable, Sendable {
    var candidate: Name
    var control: Name?
    /// The candidate's configured share of the requests to both arms, 0 to 1.
    var share: Double
    var isMirror: Bool
    var began: Timestamp
    var ends: Timestamp
    /// Nil before the first reading.
    var verdict: Verdict?
    /// Problems of the last reading, one sentence each.
    var troubles: [String]

    /// One reading in the course of the analysis.
    struct Point: Encodable, Sendable {
        var point: CoursePoint

        init(_ point: CoursePoint) { self.point = point }
    }

    /// A measurement of one of its tests, with its limit.
    struct Measured: Encodable, Sendable {
        var measurement: Measurement

        init(_ measurement: Measurement) { self.measurement = measurement }
    }

    init(_ analysis: AnalysisRecord) {
        candidate = analysis.arms.candidate
        control = analysis.arms.control
        share = analysis.arms.share
        isMirror = analysis.arms.isMirror
        began = analysis.began
        ends = analysis.ends
        verdict = analysis.verdict
        troubles = analysis.troubles ?? []
    }

    private enum Key: String, CodingKey {
        case candidate, control, share, mirror, began, ends, verdict, troubles, metric, seconds, measurements, exposed
        case log10E = "log10_e"
        case controlExposed = "control_exposed"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(candidate, forKey: .candidate)
        try container.encode(control, forKey: .control)
        try container.encode(share, forKey: .share)
        try container.encode(isMirror, forKey: .mirror)
        try container.encode(JSONTime(began), forKey: .began)
        try container.encode(JSONTime(ends), forKey: .ends)
        try container.encode(verdict?.decision, forKey: .verdict)
        try container.encode(troubles, forKey: .troubles)
        guard let verdict else { return }
        try container.encode(verdict.metric, forKey: .metric)
        try container.encode(verdict.seconds, forKey: .seconds)
        try container.encode(verdict.log10E, forKey: .log10E)
        try container.encode(verdict.measurements.map(Measured.init), forKey: .measurements)
        try container.encode(verdict.candidate, forKey: .exposed)
        try container.encode(verdict.control, forKey: .controlExposed)
    }
}

extension AnalysisReport.Measured {
    private enum Key: String, CodingKey {
        case metric, test, harm, safety, candidate, control, limit, threshold
        case isHarmful = "is_harmful"
        case isSafe = "is_safe"
        case log10E = "log10_e"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(measurement.metric, forKey: .metric)
        try container.encode(measurement.test, forKey: .test)
        try encode(measurement.harm, forKey: .harm, in: &container)
        try container.encode(measurement.isHarmful, forKey: .isHarmful)
        try encode(measurement.safety, forKey: .safety, in: &container)
        try container.encode(measurement.isSafe, forKey: .isSafe)
        try container.encode(measurement.candidate, forKey: .candidate)
        try container.encode(measurement.control, forKey: .control)
        try container.encode(measurement.limit, forKey: .limit)
    }

    private func encode(
        _ level: Measurement.Level?, forKey key: Key, in container: inout KeyedEncodingContainer<Key>
    ) throws {
        guard let level else { return try container.encodeNil(forKey: key) }
        var nested = container.nestedContainer(keyedBy: Key.self, forKey: key)
        try nested.encode(level.log10E, forKey: .log10E)
        try nested.encode(level.threshold, forKey: .threshold)
    }
}

extension AnalysisReport.Point {
    private enum Key: String, CodingKey {
        case at, candidate, control, harm, safety
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(JSONTime(point.at), forKey: .at)
        try container.encode(point.candidate, forKey: .candidate)
        try container.encode(point.control, forKey: .control)
        try container.encode(point.harm, forKey: .harm)
        try container.encode(point.safety, forKey: .safety)
    }
}
