internal import Rollouts

/// Replaces the `${{ … }}` expressions in nodes with their values.
struct Template {
    let source: SourceFile
    var scope: ExpressionScope
    var findings: [Finding] = []

    /// The result of evaluating a scalar.
    struct Result {
        var value: Value
        /// The names that its expressions use.
        var names: Set<String>
    }

    init(source: SourceFile, scope: ExpressionScope) {
        self.source = source
        self.scope = scope
    }

    /// Returns the node with every expression replaced; a scalar without a value becomes ``Node/Content/invalid``.
    ///
    /// A node without expressions is returned unchanged, and takes no additional memory.
    mutating func fill(_ node: Node) -> Node {
        guard node.hasExpression else { return node }
        var node = node
        switch node.content {
        case .scalar(let scalar):
            node.content = filled(scalar, at: node.span).map(Node.Content.scalar) ?? .invalid
        case .list(let items): node.content = .list(items.map { fill($0) })
        case .mapping(let members): node.content = .mapping(members.compactMap { fill($0) })
        case .invalid: break
        }
        return node
    }

    /// Returns the member with its key and value filled in, or `nil` if the key has no value.
    private mutating func fill(_ member: Node.Member) -> Node.Member? {
        var member = member
        member.value = fill(member.value)
        guard member.key.scalar.hasExpression else { return member }
        guard let scalar = filled(member.key.scalar, at: member.key.span) else { return nil }
        member.key.scalar = scalar
        return member
    }

    private mutating func filled(_ scalar: Scalar, at span: Span) -> Scalar? {
        guard let result = evaluate(scalar, at: span) else { return nil }
        return Scalar(text: result.value.scalarText ?? "", style: .plain, value: result.value)
    }

    /// Returns a scalar's value: that of its expression if the scalar is a single expression, otherwise text.
    mutating func evaluate(_ scalar: Scalar, at span: Span) -> Result? {
        guard scalar.hasExpression else { return Result(value: scalar.value, names: []) }
        let characters = Array(scalar.text.unicodeScalars)
        var text = String.UnicodeScalarView()
        var names: Set<String> = []
        var isValid = true
        var index = 0
        while index < characters.count {
            guard characters.hasOpening(at: index) else {
                text.append(characters[index])
                index += 1
                continue
            }
            do throws(ExpressionProblem) {
                var evaluator = try ExpressionEvaluator(characters, opening: index, scope: scope)
                let (value, end) = try evaluator.evaluate()
                names.formUnion(evaluator.names)
                if index == 0, end == characters.count { return Result(value: value, names: names) }
                text.append(contentsOf: (value.scalarText ?? "").unicodeScalars)
                index = end
            } catch {
                isValid = false
                if !error.isReported { report(error, in: scalar, at: span, opening: index) }
                index =
                    characters.indices.dropFirst(index + 3).first { characters.hasOpening(at: $0) } ?? characters.count
            }
        }
        return isValid ? Result(value: .string(String(text)), names: names) : nil
    }

    private mutating func report(_ problem: ExpressionProblem, in scalar: Scalar, at span: Span, opening: Int) {
        let place = scalar.span(of: problem.range, inExpressionAt: opening, scalar: span, source: source)
        findings.append(
            Finding(
                .error, "Expression", at: Location(source: source, span: place), problem.message, help: problem.help))
    }
}

extension Node {
    /// Whether the node, or anything in it, contains `${{`.
    var hasExpression: Bool {
        switch content {
        case .scalar(let scalar): scalar.hasExpression
        case .list(let items): items.contains { $0.hasExpression }
        case .mapping(let members): members.contains { $0.key.scalar.hasExpression || $0.value.hasExpression }
        case .invalid: false
        }
    }
}

extension Scalar {
    /// Whether the text contains `${{`.
    var hasExpression: Bool {
        var dollars = 0
        for byte in text.utf8 {
            switch (dollars, byte) {
            case (_, UInt8(ascii: "$")): dollars = 1
            case (1, UInt8(ascii: "{")): dollars = 2
            case (2, UInt8(ascii: "{")): return true
            default: dollars = 0
            }
        }
        return false
    }
}

extension [Unicode.Scalar] {
    fileprivate func hasOpening(at index: Int) -> Bool {
        index + 2 < count && self[index] == "$" && self[index + 1] == "{" && self[index + 2] == "{"
    }
}
