internal import FoundationEssentials
internal import Rollouts

/// Decodes JSON bodies; errors name the invalid member.
enum JSONBody {
    static func decode<Body: Decodable>(_ type: Body.Type, from data: Data) throws(ControlError) -> Body {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw numberProblem(error, in: data) ?? problem(error)
        } catch {
            throw .badArgument("the body is not valid JSON: \(error)")
        }
    }

    /// Finds a number that is not an `Int`: Foundation reports it, without its place, as invalid JSON.
    private static func numberProblem(_ error: DecodingError, in data: Data) -> ControlError? {
        guard case .dataCorrupted(let context) = error, context.codingPath.isEmpty,
            let body = try? JSONReader.value(data).normalizedByJSON,  // fails as well if the body really is not JSON
            let (place, number) = body.fraction
        else { return nil }
        return .badArgument("\(place) is \(number): expected an integer", target: place)
    }

    /// Describes an error in JSON that is embedded in a body.
    static func words(for error: any Error) -> String {
        (error as? DecodingError).map { problem($0).message } ?? "\(error)"
    }

    private static func problem(_ error: DecodingError) -> ControlError {
        switch error {
        case .typeMismatch(let type, let context):
            return problem("must be \(words(for: type))", at: context.codingPath)
        case .valueNotFound(let type, let context):
            return problem("is null: expected \(words(for: type))", at: context.codingPath)
        case .keyNotFound(let key, let context):
            return problem("is missing", at: context.codingPath + [key])
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            let detail = context.underlyingError.map { " (\($0))" } ?? ""
            return .badArgument("the body is not valid JSON: \(context.debugDescription)\(detail)")
        case .dataCorrupted(let context):
            return problem("is invalid: \(context.debugDescription)", at: context.codingPath)
        @unknown default:
            return .badArgument("the body cannot be read: \(error)")
        }
    }

    private static func problem(_ words: String, at path: [any CodingKey]) -> ControlError {
        let place = path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return .badArgument(
            place.isEmpty ? "the body \(words)" : "\(place) \(words)", target: place.isEmpty ? nil : place)
    }

    private static func words(for type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Int.Type: "an integer"
        case is Double.Type: "a number"
        case is Bool.Type: "true or false"
        case is any Collection.Type where "\(type)".hasPrefix("Array"): "a list"
        default: "an object"
        }
    }
}

extension Value {
    /// The first number that is not an `Int`, and its path.
    fileprivate var fraction: (place: String, number: Double)? {
        switch self {
        case .number(let number): return ("", number)
        case .list(let items):
            for (index, item) in items.enumerated() {
                if let (place, number) = item.fraction { return ("[\(index)]" + place, number) }
            }
            return nil
        case .mapping(let members):
            for key in members.keys.sorted() {
                guard let (place, number) = members[key]?.fraction else { continue }
                return (place.isEmpty || place.hasPrefix("[") ? key + place : "\(key).\(place)", number)
            }
            return nil
        default: return nil
        }
    }
}
