internal import FoundationEssentials
internal import Rollouts

/// A time in JSON: `2026-11-22T10:15:30.250Z`, or null for the distant future.
struct JSONTime: Codable, Hashable, Sendable {
    var moment: Timestamp

    init(_ moment: Timestamp) { self.moment = moment }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard !container.decodeNil() else {
            moment = .distantFuture
            return
        }
        let text = try container.decode(String.self)
        moment = Timestamp(try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if moment == .distantFuture {
            try container.encodeNil()
        } else {
            try container.encode(moment.description)
        }
    }
}
