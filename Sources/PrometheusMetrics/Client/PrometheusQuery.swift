package import Rollouts

/// A query for one number that is evaluated repeatedly.
package struct PrometheusQuery: Sendable {
    private let client: PrometheusClient
    /// PromQL that evaluates to a scalar or to one series.
    package let text: String

    package init(_ text: String, of client: PrometheusClient) {
        self.text = text
        self.client = client
    }

    /// Evaluates the query at `time`, or now if `time` is `nil`.
    package func reading(at time: Timestamp? = nil) async throws(PrometheusError) -> PrometheusReading {
        PrometheusReading(try await client.query(text, at: time))
    }
}

/// The result of a query that should have exactly one value.
package struct PrometheusReading: Hashable, Sendable {
    package var outcome: Outcome
    /// The server's warnings about an otherwise successful query.
    package var warnings: [String]

    package enum Outcome: Hashable, Sendable {
        case value(Double)
        /// No series matches, or none has a recent enough sample.
        case noData
        /// NaN, for example from 0 requests divided by 0, or infinite, in Prometheus' notation.
        case notANumber(String)
        /// More than one series: the query needs an aggregation such as `sum(…)`.
        case severalSeries(Int)
        /// A range of samples or a string.
        case otherKind(String)
    }

    init(_ answer: PrometheusAnswer) {
        warnings = answer.warnings
        switch answer.result {
        case .scalar(let sample): outcome = Outcome(sample)
        case .vector(let series) where series.count > 1: outcome = .severalSeries(series.count)
        case .vector(let series): outcome = series.first?.samples.first.map(Outcome.init) ?? .noData
        case .matrix: outcome = .otherKind("matrix")
        case .string: outcome = .otherKind("string")
        }
    }

    package var value: Double? {
        guard case .value(let value) = outcome else { return nil }
        return value
    }

    /// Explains in a clause why there is no value; `nil` if there is one.
    package var missing: String? {
        switch outcome {
        case .value: nil
        case .noData: "the query returned no data"
        case .notANumber(let text): "the query's value is \(text)"
        case .severalSeries(let count):
            "the query returned \(count) series, expected one; aggregate them, for example with sum(…)"
        case .otherKind(let kind): "the query returned a \(kind), expected a single number"
        }
    }
}

extension PrometheusReading.Outcome {
    fileprivate init(_ sample: PrometheusAnswer.Sample) {
        if sample.value.isFinite {
            self = .value(sample.value)
        } else {
            self = .notANumber(sample.value.isNaN ? "NaN" : sample.value > 0 ? "+Inf" : "-Inf")
        }
    }
}
