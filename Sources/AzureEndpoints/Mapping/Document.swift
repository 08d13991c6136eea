internal import Rollouts

/// Reads and writes members of a file's document.
extension Value {
    /// A scalar as text, as in maps of strings such as tags, properties and variables.
    var word: String? {
        switch self {
        case .null: ""
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .number(let number): number.description
        case .string(let text): text
        case .list, .mapping: nil
        }
    }

    /// A mapping of names to strings.
    ///
    /// Values that are not scalars are written as JSON.
    var words: [String: String] {
        members.compactMapValues { value in
            // A value that JSON cannot represent, infinity, is left out.
            value.word ?? (try? JSONText.line(value))
        }
    }

    /// The members of a mapping; empty for any other value.
    var members: [String: Value] {
        guard case .mapping(let members) = self else { return [:] }
        return members
    }

    /// A mapping of the members that have a value; `nil` if none has.
    static func present(_ members: [String: Value?]) -> Value? {
        let present = members.compactMapValues { $0 }
        return present.isEmpty ? nil : .mapping(present)
    }

    static func words(_ words: [String: String]?) -> Value? {
        guard let words, !words.isEmpty else { return nil }
        return .mapping(words.mapValues(Value.string))
    }
}

extension Value? {
    /// A duration in the file's `unit`, as an integer if possible; `nil` if it equals the default.
    static func time(_ duration: ISO8601Duration?, unit: Interval, default usual: Interval) -> Value? {
        guard let interval = duration?.interval, interval != usual else { return nil }
        let (whole, rest) = interval.milliseconds.quotientAndRemainder(dividingBy: unit.milliseconds)
        return rest == 0 ? .integer(Int(whole)) : .number(Double(interval.milliseconds) / Double(unit.milliseconds))
    }

    /// A count; `nil` if it equals the default.
    static func count(_ count: Int?, default usual: Int) -> Value? {
        guard let count, count != usual else { return nil }
        return .integer(count)
    }
}

extension Value {
    /// The duration that this number of `unit` represents.
    func time(unit: Interval) -> ISO8601Duration? {
        switch self {
        case .integer(let count): return ISO8601Duration(unit * Int64(count))
        case .number(let count):
            let milliseconds = (count * Double(unit.milliseconds)).rounded()
            return Int64(exactly: milliseconds).map { ISO8601Duration(.milliseconds($0)) }
        default: return nil
        }
    }
}

extension String {
    /// Converts `target_utilization` to `TargetUtilization`.
    var pascalCased: String {
        split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// Converts `min_instances` to `minInstances`.
    var camelCased: String { String(prefix(1)) + pascalCased.dropFirst() }

    /// Converts `TargetUtilization` to `target_utilization`.
    var snakeCased: String {
        reduce(into: "") { text, letter in
            if letter.isUppercase, !text.isEmpty, text.last != "_" { text += "_" }
            text += letter.lowercased()
        }
    }
}
