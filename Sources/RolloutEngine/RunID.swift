/// The ID of a run, `PLAYBOOK-N`, numbered per state folder.
package struct RunID: Hashable, Sendable {
    package var playbook: String
    /// Starts at 1.
    package var number: Int

    package init(playbook: String, number: Int) {
        self.playbook = playbook
        self.number = number
    }

    /// Returns `nil` unless `text` is a playbook's name, a hyphen and a number from 1 without leading zeros.
    package init?(_ text: String) {
        guard let hyphen = text.lastIndex(of: "-"), hyphen != text.startIndex else { return nil }
        let digits = text[text.index(after: hyphen)...]
        guard let number = Int(digits), number > 0, String(number) == digits else { return nil }
        self.init(playbook: String(text[..<hyphen]), number: number)
    }
}

extension RunID: CustomStringConvertible, Codable, Comparable {
    package var description: String { "\(playbook)-\(number)" }

    package static func < (left: RunID, right: RunID) -> Bool {
        (left.playbook, left.number) < (right.playbook, right.number)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = RunID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a run ID")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension RunID {
    /// The ID used in leases and an endpoint's history for changes that a person makes without a run.
    package static let byHand = RunID(playbook: "by-hand", number: 1)
}
