package import Rollouts

/// The type of an input's value.
package enum InputType: String, Hashable, Sendable, Codable, CaseIterable {
    case string, integer, number, boolean, percent, path, duration, name
}

/// The value of an input as a user gave it.
package enum InputText: Hashable, Sendable {
    /// From a command line.
    case text(String)
    /// From a file of inputs.
    case value(Value)
}

/// An input that a playbook declares.
struct InputDeclaration {
    var name: String
    var type: InputType
    var node: Node
    var keySpan: Span

    /// Reads a declaration; returns `nil` if its shape is wrong, which another finding reports.
    init?(_ member: Node.Member) {
        guard let word = member.value["type"]?.scalar?.text, let type = InputType(rawValue: word) else { return nil }
        name = member.key.text
        self.type = type
        node = member.value
        keySpan = member.key.span
    }

    /// Returns the value for `given`, converted to the input's type.
    ///
    /// - Throws: ``ValueProblem`` if the type is wrong, or if the value is out of range or not one of the choices.
    func value(of given: InputText) throws(ValueProblem) -> Value {
        let value = try typed(given)
        try checkRange(value)
        guard let choices = node["choices"]?.items, !choices.isEmpty else { return value }
        let words = choices.compactMap { $0.value.scalarText }
        guard let word = value.scalarText, words.contains(word) else {
            throw ValueProblem(
                message: "is not one of the choices",
                help: suggestion(for: value.scalarText ?? "", among: words, noun: "values"))
        }
        return value
    }

    private func typed(_ given: InputText) throws(ValueProblem) -> Value {
        let written: Value
        switch given {
        case .value(let value): written = value
        case .text(let text):
            // Everything on a command line is text; the declared type decides how it is read.
            switch type {
            case .string, .path, .name, .duration: written = .string(text)
            case .integer, .number, .boolean, .percent: written = Value(plainScalar: text)
            }
        }
        switch (type, written) {
        case (.string, .string), (.integer, .integer), (.number, .integer), (.number, .number), (.boolean, .bool):
            return written
        case (.path, .string(let text)) where !text.isEmpty, (.name, .string(let text)) where !text.isEmpty:
            return .string(text)
        case (.percent, _): return .integer(try readPercent(written))
        case (.duration, .string(let text)):
            _ = try Interval(durationText: text)
            return written
        default: throw ValueProblem(message: "has the wrong type", help: "it must be \(type.phrase)")
        }
    }

    private func checkRange(_ value: Value) throws(ValueProblem) {
        guard let size = size(of: value) else { return }
        if let minimum = node["minimum"], let least = self.size(of: minimum.value), size < least {
            throw ValueProblem(message: "is too small", help: "the minimum is \(minimum.value.scalarText ?? "")")
        }
        if let maximum = node["maximum"], let most = self.size(of: maximum.value), size > most {
            throw ValueProblem(message: "is too large", help: "the maximum is \(maximum.value.scalarText ?? "")")
        }
    }

    /// Returns a number by which the value can be compared, or `nil` if its type has no order.
    func size(of value: Value) -> Double? {
        switch type {
        case .integer, .number: return value.double
        case .percent:
            do throws(ValueProblem) { return Double(try readPercent(value)) } catch { return nil }
        case .duration:
            do throws(ValueProblem) {
                return try Interval(durationText: value.scalarText ?? "").seconds
            } catch {
                return nil
            }
        case .string, .boolean, .path, .name: return nil
        }
    }
}

extension InputType {
    /// A phrase for a value of the type, for messages.
    var phrase: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .boolean: "true or false"
        case .percent: "a percentage from 0 to 100"
        case .path: "a path"
        case .duration: "a duration, such as 10m"
        case .name: "a name"
        }
    }
}
