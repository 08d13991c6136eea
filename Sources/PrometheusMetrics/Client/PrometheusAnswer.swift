internal import FoundationEssentials

/// What a query comes to (https://prometheus.io/docs/prometheus/latest/querying/api/, Expression query result formats).
package struct PrometheusAnswer: Hashable, Sendable {
    package var result: Result
    /// What the server found odd, though it answered.
    package var warnings: [String]

    package enum Result: Hashable, Sendable {
        /// One sample of each series.
        case vector([Series])
        /// All samples of each series, by time.
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
        /// Seconds since 1970, of the server's clock.
        package var time: Double
        package var value: Double

        package init(time: Double, value: Double) {
            self.time = time
            self.value = value
        }
    }
}

/// The JSON around every answer.
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
        // An error may have data of any form beside it.
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
                forKey: .resultType, in: members, debugDescription: "\(type) is no type of result")
        }
    }

    /// A series of native histograms has no `value` or `values`.
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
    /// `[1435781451.781, "1"]`; values are texts, since JSON has no `NaN` and no `+Inf`.
    package init(from decoder: any Decoder) throws {
        var pair = try decoder.unkeyedContainer()
        let time = try pair.decode(Double.self)
        let text = try pair.decode(String.self)
        guard let value = Double(prometheus: text) else {
            throw DecodingError.dataCorruptedError(in: pair, debugDescription: "'\(text)' is no number")
        }
        self.init(time: time, value: value)
    }
}

extension Double {
    /// A number as Prometheus writes it.
    init?(prometheus text: String) {
        switch text {
        case "NaN": self = .nan
        case "+Inf", "Inf": self = .infinity
        case "-Inf": self = -.infinity
        default: self.init(text)
        }
    }
}
