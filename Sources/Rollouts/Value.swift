/// A value of a YAML or JSON document, without its position.
package indirect enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([Value])
    case mapping([String: Value])

    /// The member of a mapping, or `nil` if there is none or this is not a mapping.
    package subscript(key: String) -> Value? {
        guard case .mapping(let members) = self else { return nil }
        return members[key]
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var integer: Int? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    package var bool: Bool? {
        guard case .bool(let flag) = self else { return nil }
        return flag
    }

    /// The number, whether whole or not.
    package var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// Returns whether every member in `pattern` is present with a matching value.
    ///
    /// Lists must match element by element, and an empty mapping matches every mapping.
    package func contains(_ pattern: Value) -> Bool {
        switch (self, pattern) {
        case (.mapping(let members), .mapping(let wanted)):
            wanted.allSatisfy { key, value in members[key]?.contains(value) ?? false }
        case (.list(let items), .list(let wanted)):
            items.count == wanted.count && zip(items, wanted).allSatisfy { $0.contains($1) }
        case (.integer, .number), (.number, .integer): double == pattern.double
        default: self == pattern
        }
    }
}

extension Value: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {  // each failed try means "another type", not an error
            self = .bool(flag)
        } else if let number = try? container.decode(Int.self) {
            self = .integer(number)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let items = try? container.decode([Value].self) {
            self = .list(items)
        } else {
            self = .mapping(try container.decode([String: Value].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .integer(let number): try container.encode(number)
        case .number(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .list(let items): try container.encode(items)
        case .mapping(let members): try container.encode(members)
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: Value...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, Value)...) {
        self = .mapping(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}

extension Value {
    /// The value as it is read back from JSON, which does not distinguish 1.0 from 1; null for infinity and NaN.
    package var normalizedByJSON: Value { written ?? .null }

    private var written: Value? {
        switch self {
        case .number(let number):
            if let whole = Int(exactly: number) { return .integer(whole) }
            return number.isFinite ? self : nil
        case .list(let items):
            let all = items.compactMap(\.written)
            return all.count == items.count ? .list(all) : nil
        case .mapping(let members):
            let all = members.compactMapValues(\.written)
            return all.count == members.count ? .mapping(all) : nil
        default: return self
        }
    }
}
