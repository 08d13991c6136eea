internal import FoundationEssentials
internal import Rollouts

/// Converts definitions and similar values to and from the text of annotations.
enum ValueCoder {
    static func text(_ encodable: some Encodable) throws -> String {
        var value = try JSONReader.value(JSONEncoder().encode(encodable))
        // Foundation writes 1.0 as 1, which is a different value: keep the file's numbers as they are.
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

/// A value that contains a whole file.
private protocol HasDocument {
    var document: Value { get set }
}

extension EndpointDefinition: HasDocument {}
extension DeploymentDefinition: HasDocument {}
