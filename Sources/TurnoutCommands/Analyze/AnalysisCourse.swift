internal import RolloutStatistics

/// The course of an analysis, reduced to as many points as a drawing can show.
final class AnalysisCourse {
    // A class, because the reader's callback adds points while the command holds a reference.

    /// The values of one reading that a drawing shows.
    struct Point {
        var seconds: Double
        var candidate: Verdict.Exposure
        var control: Verdict.Exposure
        /// log10 of the evidence of harm, in the order of the measurements.
        var harm: [Double?]
        /// log10 of the evidence of safety, in the order of the measurements.
        var safety: [Double?]
        /// The p95 latencies of both arms and the candidate's limit, in milliseconds; nil if unknown.
        var latency: Latency?
    }

    struct Latency {
        var candidate: Double?
        var control: Double?
        var limit: Double?

        init(_ measurement: Measurement) {
            (candidate, control, limit) = (measurement.candidate, measurement.control, measurement.limit)
        }
    }

    /// The number of points to keep; up to twice as many are held between reductions.
    static let points = 600

    let specification: AnalysisSpecification
    private(set) var points: [Point] = []
    private var stride = 1
    private var count = 0
    private(set) var last: Point?

    init(specification: AnalysisSpecification) { self.specification = specification }

    func add(_ verdict: Verdict) {
        let point = Point(
            seconds: verdict.seconds, candidate: verdict.candidate, control: verdict.control,
            harm: verdict.measurements.map { $0.harm?.log10E }, safety: verdict.measurements.map { $0.safety?.log10E },
            latency: verdict.measurements.first { $0.test == .latency }.map(Latency.init))
        last = point
        defer { count += 1 }
        guard count % stride == 0 else { return }
        points.append(point)
        guard points.count >= 2 * Self.points else { return }
        stride *= 2
        points = points.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    }
}
