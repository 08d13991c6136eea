package import RolloutEngine
package import Rollouts

/// Members of `properties.properties` that Turnout's client sends.
package enum TurnoutProperty {
    /// JSON of the whole definition as it was applied.
    package static let definition = "turnout.dev/definition"
    /// JSON of how a deployment's instances are made, see ``InstanceChoice``.
    package static let instances = "turnout.dev/instances"
    /// The absolute folder that a definition's local paths are relative to.
    package static let folder = "turnout.dev/folder"
}

/// How the emulator makes the instances of a deployment: the value of ``TurnoutProperty/instances``.
package enum InstanceChoice: Hashable, Sendable {
    /// A simulated server with a playbook's profile.
    case simulate(Value)
    /// A program that serves HTTP, with its arguments.
    case command([String])
    /// A server that listens already: `http://127.0.0.1:9000` or `unix:/path`.
    case external(String)
}

extension InstanceChoice: Codable {
    private enum CodingKeys: CodingKey { case simulate, command, external }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard container.allKeys.count == 1, let key = container.allKeys.first else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "\(TurnoutProperty.instances) needs one of simulate, command and external"))
        }
        switch key {
        case .simulate: self = .simulate(try container.decode(Value.self, forKey: key))
        case .command:
            let words = try container.decode([String].self, forKey: key)
            guard words.first?.isEmpty == false else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "a command needs a program")
            }
            self = .command(words)
        case .external: self = .external(try container.decode(String.self, forKey: key))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .simulate(let profile): try container.encode(profile, forKey: .simulate)
        case .command(let words): try container.encode(words, forKey: .command)
        case .external(let address): try container.encode(address, forKey: .external)
        }
    }
}

/// One change that arrived at the emulator, and what became of it.
package struct HistoryItem: Codable, Hashable, Sendable {
    /// Counted from 1 per endpoint.
    package var number: Int
    package var at: Timestamp
    package var change: Change
    /// Who asked; nil where the request did not say so, as those of the Azure SDK.
    package var context: ChangeContext?
    package var outcome: Outcome
    /// True when the state that is wanted changed by it: at most once per idempotency key.
    package var hadEffect: Bool

    package enum Outcome: Codable, Hashable, Sendable {
        case accepted
        /// The same change with the same key had been accepted before.
        case repeated
        case refused(String)
        /// Refused for now.
        case busy(String)
        /// A later epoch had been seen.
        case fenced(String)
    }

    package init(
        number: Int, at: Timestamp, change: Change, context: ChangeContext?, outcome: Outcome, hadEffect: Bool
    ) {
        self.number = number
        self.at = at
        self.change = change
        self.context = context
        self.outcome = outcome
        self.hadEffect = hadEffect
    }
}
