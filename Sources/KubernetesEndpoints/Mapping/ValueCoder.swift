internal import FoundationEssentials
internal import Rollouts

/// Definitions and the like as texts that annotations keep.
enum ValueCoder {
    static func text(_ encodable: some Encodable) throws -> String {
        var value = try JSONReader.value(JSONEncoder().encode(encodable))
        // Foundation writes 1.0 as 1, which is another value: the file's own numbers are kept as they are.
        if let document = (encodable as? any HasDocument)?.document { value[path: ["document"]] = document }
        return JSONWriter.text(value)
    }

    static func decode<Decoded: Decodable>(_ type: Decoded.Type, from text: String) throws -> Decoded {
        let decoded = try JSONDecoder().decode(type, from: Data(text.utf8))
        guard var definition = decoded as? any HasDocument, let document = try JSONReader.value(text.utf8)["document"]
        else { return decoded }
        definition.document = document
        return definition as? Decoded ?? decoded
    }
}

/// What keeps the whole of a file.
private protocol HasDocument {
    var document: Value { get set }
}

extension EndpointDefinition: HasDocument {}
extension DeploymentDefinition: HasDocument {}
