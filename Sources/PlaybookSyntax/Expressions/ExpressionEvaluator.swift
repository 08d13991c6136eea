internal import Rollouts

/// Parses and evaluates an expression in one pass, without a syntax tree.
///
/// ```
/// or := and ("or" and)*            comparison := sum (("==" | "!=" | "<" | "<=" | ">" | ">=") sum)?
/// and := not ("and" not)*          sum := product (("+" | "-") product)*
/// not := "not" not | comparison    product := factor (("*" | "/") factor)*
/// factor := "-" factor | integer | text | "true" | "false" | name | "(" or ")"
/// ```
struct ExpressionEvaluator {
    struct Operand {
        var value: Value
        var range: Range<Int>
    }

    static let maximumNesting = 32

    private var lexer: ExpressionLexer
    private var token: ExpressionToken
    private let scope: ExpressionScope
    private var nesting = 0
    /// False in an operand that cannot change the result of `and` or `or`: it is parsed but not evaluated.
    private var isLive = true
    /// The names that the expression uses.
    private(set) var names: Set<String> = []

    /// Starts after the `${{` at `opening`.
    init(_ characters: [Unicode.Scalar], opening: Int, scope: ExpressionScope) throws(ExpressionProblem) {
        lexer = ExpressionLexer(characters, opening: opening)
        token = try lexer.next()
        self.scope = scope
    }

    /// Returns the value and the index after `}}`.
    mutating func evaluate() throws(ExpressionProblem) -> (value: Value, end: Int) {
        guard token.kind != .end else {
            throw ExpressionProblem(range: token.range, message: "this expression is empty", help: nil)
        }
        let result = try or()
        guard token.kind == .end else {
            throw ExpressionProblem(
                range: token.range, message: "\(text(of: token)) is not expected here",
                help: "end the expression with '}}'")
        }
        return (result.value, token.range.upperBound)
    }

    private mutating func or() throws(ExpressionProblem) -> Operand {
        try logical("or", decidedBy: true) { evaluator throws(ExpressionProblem) in
            try evaluator.logical("and", decidedBy: false) { evaluator throws(ExpressionProblem) in
                try evaluator.not()
            }
        }
    }

    private mutating func logical(
        _ word: String, decidedBy decisive: Bool,
        operand: (inout ExpressionEvaluator) throws(ExpressionProblem) -> Operand
    ) throws(ExpressionProblem) -> Operand {
        var left = try operand(&self)
        while token.kind == .word(word) {
            let flag = try boolean(left, of: word)
            try advance()
            let wasLive = isLive
            isLive = isLive && flag != decisive
            let right = try operand(&self)
            let other = try boolean(right, of: word)
            isLive = wasLive
            left = Operand(
                value: .bool(decisive ? flag || other : flag && other),
                range: left.range.lowerBound..<right.range.upperBound)
        }
        return left
    }

    private mutating func not() throws(ExpressionProblem) -> Operand {
        guard token.kind == .word("not") else { return try comparison() }
        let start = token.range.lowerBound
        try advance()
        let operand = try nested { evaluator throws(ExpressionProblem) in try evaluator.not() }
        let flag = try boolean(operand, of: "not")
        return Operand(value: .bool(!flag), range: start..<operand.range.upperBound)
    }

    private mutating func comparison() throws(ExpressionProblem) -> Operand {
        let left = try sum()
        guard case .symbol(let symbol) = token.kind, ["==", "!=", "<", "<=", ">", ">="].contains(symbol) else {
            return left
        }
        let operatorRange = token.range
        try advance()
        let right = try sum()
        let range = left.range.lowerBound..<right.range.upperBound
        guard isLive else { return Operand(value: false, range: range) }
        guard let flag = compare(left.value, symbol, right.value) else {
            throw ExpressionProblem(
                range: operatorRange,
                message: "'\(symbol)' cannot compare \(left.value.kindName) with \(right.value.kindName)")
        }
        return Operand(value: .bool(flag), range: range)
    }

    private mutating func sum() throws(ExpressionProblem) -> Operand {
        try arithmetic(["+", "-"]) { evaluator throws(ExpressionProblem) in
            try evaluator.arithmetic(["*", "/"]) { evaluator throws(ExpressionProblem) in try evaluator.factor() }
        }
    }

    private mutating func arithmetic(
        _ symbols: [String], operand: (inout ExpressionEvaluator) throws(ExpressionProblem) -> Operand
    ) throws(ExpressionProblem) -> Operand {
        var left = try operand(&self)
        while case .symbol(let symbol) = token.kind, symbols.contains(symbol) {
            let operatorRange = token.range
            try advance()
            let right = try operand(&self)
            let range = left.range.lowerBound..<right.range.upperBound
            guard isLive else {
                left.range = range
                continue
            }
            let (a, b) = (try integer(left, of: symbol), try integer(right, of: symbol))
            guard symbol != "/" || b != 0 else {
                throw ExpressionProblem(range: right.range, message: "this is a division by zero")
            }
            let (result, overflow) =
                switch symbol {
                case "+": a.addingReportingOverflow(b)
                case "-": a.subtractingReportingOverflow(b)
                case "*": a.multipliedReportingOverflow(by: b)
                default: a.dividedReportingOverflow(by: b)
                }
            guard !overflow else {
                throw ExpressionProblem(range: operatorRange, message: "the result is too large for an integer")
            }
            left = Operand(value: .integer(result), range: range)
        }
        return left
    }

    private mutating func factor() throws(ExpressionProblem) -> Operand {
        let current = token
        switch current.kind {
        case .integer(let number):
            try advance()
            return Operand(value: .integer(number), range: current.range)
        case .text(let text):
            try advance()
            return Operand(value: .string(text), range: current.range)
        case .symbol("-"):
            try advance()
            let operand = try nested { evaluator throws(ExpressionProblem) in try evaluator.factor() }
            let range = current.range.lowerBound..<operand.range.upperBound
            guard isLive else { return Operand(value: operand.value, range: range) }
            let (negated, overflow) = 0.subtractingReportingOverflow(try integer(operand, of: "-"))
            guard !overflow else {
                throw ExpressionProblem(range: range, message: "the result is too large for an integer")
            }
            return Operand(value: .integer(negated), range: range)
        case .symbol("("):
            try advance()
            let inner = try nested { evaluator throws(ExpressionProblem) in try evaluator.or() }
            guard token.kind == .symbol(")") else {
                throw ExpressionProblem(range: current.range, message: "this '(' is not closed", help: "add a ')'")
            }
            let range = current.range.lowerBound..<token.range.upperBound
            try advance()
            return Operand(value: inner.value, range: range)
        case .word(let word) where !["and", "or", "not"].contains(word):
            try advance()
            return Operand(value: try value(of: word, at: current.range), range: current.range)
        case .word, .symbol, .end:
            throw ExpressionProblem(
                range: current.range, message: "expected a value before \(text(of: current))",
                help:
                    "values are inputs.NAME, live, candidate, backend.name, backend.mirroring, backend.metrics, run.id, "
                    + "integers, 'text', true and false")
        }
    }

    private mutating func value(of word: String, at range: Range<Int>) throws(ExpressionProblem) -> Value {
        if word == "true" || word == "false" { return .bool(word == "true") }
        names.insert(word)
        if let value = scope.values[word] { return value }
        let names = scope.values.keys.sorted() + scope.faulty.sorted()
        throw ExpressionProblem(
            range: range, message: "unknown name \(word.quoted)",
            help: suggestion(for: word, among: names, noun: "names"),
            isReported: scope.faulty.contains(word))
    }

    private mutating func nested(
        _ body: (inout ExpressionEvaluator) throws(ExpressionProblem) -> Operand
    ) throws(ExpressionProblem) -> Operand {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Self.maximumNesting else {
            throw ExpressionProblem(
                range: token.range, message: "this expression is nested more than \(Self.maximumNesting) levels deep")
        }
        return try body(&self)
    }

    private mutating func advance() throws(ExpressionProblem) { token = try lexer.next() }

    private func text(of token: ExpressionToken) -> String { lexer.string(token.range).quoted }

    private func boolean(_ operand: Operand, of word: String) throws(ExpressionProblem) -> Bool {
        if let flag = operand.value.bool { return flag }
        guard isLive else { return false }
        throw ExpressionProblem(
            range: operand.range, message: "'\(word)' needs true or false, but this is \(operand.value.kindName)",
            help: "compare it, for example with '==' or '<'")
    }

    private func integer(_ operand: Operand, of symbol: String) throws(ExpressionProblem) -> Int {
        if let number = operand.value.integer { return number }
        throw ExpressionProblem(
            range: operand.range, message: "'\(symbol)' needs integers, but this is \(operand.value.kindName)")
    }

    private func compare(_ left: Value, _ symbol: String, _ right: Value) -> Bool? {
        switch (left, right) {
        case (.bool(let a), .bool(let b)):
            switch symbol {
            case "==": a == b
            case "!=": a != b
            default: nil
            }
        case (.integer(let a), .integer(let b)): Self.compare(a, symbol, b)
        case (.string(let a), .string(let b)): Self.compare(a, symbol, b)
        default:
            if let a = left.double, let b = right.double { Self.compare(a, symbol, b) } else { nil }
        }
    }

    private static func compare<Operand: Comparable>(_ a: Operand, _ symbol: String, _ b: Operand) -> Bool {
        switch symbol {
        case "==": a == b
        case "!=": a != b
        case "<": a < b
        case "<=": a <= b
        case ">": a > b
        default: a >= b
        }
    }
}
