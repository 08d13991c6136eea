package import Rollouts

/// A value of a YAML file with its place in the file.
package struct PlacedValue: Sendable {
    let node: Node
    /// The file that the value was read from.
    let source: SourceFile
    /// The playbook, which contains the values that override those of the file.
    let playbook: SourceFile

    package subscript(key: String) -> PlacedValue? { node[key].map(placed) }

    /// The members of a mapping; empty for any other value.
    package var members: [(key: String, place: Location, value: PlacedValue)] {
        node.members.map { ($0.key.text, location($0.key.span, $0.key.origin), placed($0.value)) }
    }

    package var value: Value { node.value }

    /// The text of a scalar, including numbers and Booleans; `nil` for any other value.
    package var text: String? { node.scalar?.value.scalarText }

    package var place: Location { location(node.span, node.origin) }

    /// Where to report a missing key: at the first key, or at the whole value if it has none.
    package var head: Location { location(node.headSpan, node.origin) }

    /// Returns the place of a key of the mapping, or `nil` if it does not have the key.
    package func place(ofKey key: String) -> Location? {
        node.member(key).map { location($0.key.span, $0.key.origin) }
    }

    /// Returns the place of the first key or scalar with this text, at any depth.
    package func place(ofText text: String) -> Location? {
        if node.scalar?.text == text { return place }
        for item in node.items {
            if let place = placed(item).place(ofText: text) { return place }
        }
        for member in members {
            if member.key == text { return member.place }
            if let place = member.value.place(ofText: text) { return place }
        }
        return nil
    }

    private func placed(_ node: Node) -> PlacedValue {
        PlacedValue(node: node, source: source, playbook: playbook)
    }

    private func location(_ span: Span, _ origin: Node.Origin) -> Location {
        Location(source: origin == .document ? source : playbook, span: span)
    }
}
