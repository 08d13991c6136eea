package import FoundationEssentials

/// The stages of a plan in their order, each decoded when it is first looked at.
///
/// A journal keeps every stage as the JSON that the plan's hash covers; a resumed run of ten thousand stages reads
/// only the few that are still ahead of it.
package struct StageList: Sendable, RandomAccessCollection {
    private enum Item: Sendable {
        case decoded(Stage)
        case encoded(Data)
    }

    private var items: [Item]

    package init(_ stages: some Sequence<Stage>) { items = stages.map(Item.decoded) }

    /// Stages as ``encoded(at:)`` gave them.
    ///
    /// The caller has checked the bytes against the plan's hash: what Turnout itself encoded can be decoded.
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
                preconditionFailure("a stage whose bytes fit the plan's hash does not decode: \(error)")
            }
        }
    }

    /// The stage as JSON with sorted keys.
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
