internal import FoundationEssentials

/// Bodies in JSON, and where in them something is wrong.
enum JSONBody {
    static func decode<Body: Decodable>(_ type: Body.Type, from data: Data) throws(ControlError) -> Body {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw problem(error)
        } catch {
            throw .badArgument("the body is no JSON: \(error)")
        }
    }

    /// What is wrong with JSON inside of a body.
    static func words(for error: any Error) -> String {
        (error as? DecodingError).map { problem($0).message } ?? "\(error)"
    }

    private static func problem(_ error: DecodingError) -> ControlError {
        switch error {
        case .typeMismatch(let type, let context):
            return problem("is no \(words(for: type))", at: context.codingPath)
        case .valueNotFound(let type, let context):
            return problem("is null: \(words(for: type)) is expected", at: context.codingPath)
        case .keyNotFound(let key, let context):
            return problem("is missing", at: context.codingPath + [key])
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            let detail = context.underlyingError.map { " (\($0))" } ?? ""
            return .badArgument("the body is no JSON: \(context.debugDescription)\(detail)")
        case .dataCorrupted(let context):
            return problem("is not valid: \(context.debugDescription)", at: context.codingPath)
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
        case is String.Type: "text"
        case is Int.Type: "whole number"
        case is Double.Type: "number"
        case is Bool.Type: "true or false"
        case is any Collection.Type where "\(type)".hasPrefix("Array"): "list"
        default: "object"
        }
    }
}
