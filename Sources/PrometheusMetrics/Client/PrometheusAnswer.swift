internal import FoundationEssentials

/// The result of a query.
///
/// See https://prometheus.io/docs/prometheus/latest/querying/api/, "Expression query result formats".
package struct PrometheusAnswer: Hashable, Sendable {
    package var result: Result
    /// The server's warnings about an otherwise successful query.
    package var warnings: [String]

    package enum Result: Hashable, Sendable {
        /// One sample of each series.
        case vector([Series])
        /// All samples of each series, in order of time.
        case matrix([Series])
        case scalar(Sample)
        case string(String)
    }

    package struct Series: Hashable, Sendable {
        package var labels: [String: String]
        package var samples: [Sample]

        package init(labels: [String: String], samples: [Sample]) {
            self.labels = labels
            self.samples = samples
        }
    }

    package struct Sample: Hashable, Sendable {
        /// Seconds since 1970 by the server's clock.
        package var time: Double
        package var value: Double

        package init(time: Double, value: Double) {
            self.time = time
            self.value = value
        }
    }
}

/// The JSON envelope of every response.
struct PrometheusEnvelope: Decodable {
    var status: String
    var data: PrometheusAnswer.Result?
    var errorType: String?
    var error: String?
    var warnings: [String]?

    private enum CodingKeys: CodingKey {
        case status, data, errorType, error, warnings
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        status = try members.decode(String.self, forKey: .status)
        errorType = try members.decodeIfPresent(String.self, forKey: .errorType)
        error = try members.decodeIfPresent(String.self, forKey: .error)
        warnings = try members.decodeIfPresent([String].self, forKey: .warnings)
        // An error may come with data of any form.
        data = status == "success" ? try members.decode(PrometheusAnswer.Result.self, forKey: .data) : nil
    }
}

extension PrometheusAnswer.Result: Decodable {
    private enum CodingKeys: CodingKey {
        case resultType, result
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let type = try members.decode(String.self, forKey: .resultType)
        switch type {
        case "vector":
            let series = try members.decode([Vector].self, forKey: .result)
            self = .vector(series.map { .init(labels: $0.metric, samples: $0.value.map { [$0] } ?? []) })
        case "matrix":
            let series = try members.decode([Matrix].self, forKey: .result)
            self = .matrix(series.map { .init(labels: $0.metric, samples: $0.values ?? []) })
        case "scalar": self = .scalar(try members.decode(PrometheusAnswer.Sample.self, forKey: .result))
        case "string": self = .string(try members.decode(Text.self, forKey: .result).text)
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .resultType, in: members, debugDescription: "unknown result type '\(type)'")
        }
    }

    /// Series of native histograms have neither `value` nor `values`.
    private struct Vector: Decodable {
        var metric: [String: String]
        var value: PrometheusAnswer.Sample?
    }

    private struct Matrix: Decodable {
        var metric: [String: String]
        var values: [PrometheusAnswer.Sample]?
    }

    private struct Text: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            var pair = try decoder.unkeyedContainer()
            _ = try pair.decode(Double.self)
            text = try pair.decode(String.self)
        }
    }
}

extension PrometheusAnswer.Sample: Decodable {
    /// Decodes `[1435781451.781, "1"]`.
    ///
    /// Values are strings because JSON has neither `NaN` nor `+Inf`.
    package init(from decoder: any Decoder) throws {
        var pair = try decoder.unkeyedContainer()
        let time = try pair.decode(Double.self)
        let text = try pair.decode(String.self)
        guard let value = Double(prometheus: text) else {
            throw DecodingError.dataCorruptedError(in: pair, debugDescription: "'\(text)' is not a number")
        }
        self.init(time: time, value: value)
    }
}

extension Double {
    /// Parses a number in Prometheus' notation.
    init?(prometheus text: String) {
        switch text {
        case "NaN": self = .nan
        case "+Inf", "Inf": self = .infinity
        case "-Inf": self = -.infinity
        default: self.init(text)
        }
    }
}
