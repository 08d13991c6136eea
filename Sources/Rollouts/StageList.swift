package import FoundationEssentials

/// The ordered stages of a plan, each decoded on first access.
///
/// A journal stores every stage as the JSON that the plan's hash covers. A resumed run of ten thousand stages reads
/// only the few that remain.
package struct StageList: Sendable, RandomAccessCollection {
    private enum Item: Sendable {
        case decoded(Stage)
        case encoded(Data)
    }

    private var items: [Item]

    package init(_ stages: some Sequence<Stage>) { items = stages.map(Item.decoded) }

    /// Creates a list from stages encoded with ``encoded(at:)``.
    ///
    /// The caller must have verified the bytes against the plan's hash, so that they are known to be decodable.
    package init(verified encoded: [Data]) { items = encoded.map(Item.encoded) }

    package mutating func append(_ stage: Stage) { items.append(.decoded(stage)) }

    package var startIndex: Int { 0 }
    package var endIndex: Int { items.count }

    package subscript(position: Int) -> Stage {
        switch items[position] {
        case .decoded(let stage): return stage
        case .encoded(let data):
            do {
                return try JSONDecoder().decode(Stage.self, from: data)
            } catch {
                preconditionFailure("a stage that matches the plan's hash cannot be decoded: \(error)")
            }
        }
    }

    /// Returns the stage as JSON with sorted keys.
    package func encoded(at position: Int) throws -> Data {
        switch items[position] {
        case .encoded(let data): return data
        case .decoded(let stage): return try JSONText.encode(stage)
        }
    }
}

extension StageList: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Stage...) { self.init(elements) }
}
