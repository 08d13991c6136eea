internal import Rollouts

extension AzureObject {
    /// The JSON Schema of the mapping.
    var schema: [String: Value] {
        var properties: [String: Value] = [:]
        for field in fields {
            var property = field.shape.schema
            property["description"] = .string(field.description)
            if let example = field.example { property["examples"] = [.string(example)] }
            properties[field.key] = .mapping(property)
        }
        var schema: [String: Value] = [
            "type": "object", "additionalProperties": false, "properties": .mapping(properties),
        ]
        // A key that the playbook or the command line can supply is not required in the file.
        let required = fields.filter { $0.isRequired && $0.alternative == nil }.map { Value.string($0.key) }
        if !required.isEmpty { schema["required"] = .list(required) }
        return schema
    }
}

extension AzureShape {
    fileprivate var schema: [String: Value] {
        switch self {
        case .text, .buildFolder: ["type": "string"]
        case .name, .endpointName: ["type": "string", "minLength": 1]
        case .integer, .amount: Self.any(["type": "number"], ["type": "string", "pattern": "^ *[+-]?[0-9]+ *$"])
        case .share:
            Self.any(["type": "number", "minimum": 0, "maximum": 1], ["type": "string", "pattern": "^[0-9.eE+-]+$"])
        case .flag:
            Self.any(["type": "boolean"], ["enum": [0, 1]], ["type": "string", "pattern": .string(Self.flags)])
        case .word(let word):
            Self.any(
                ["enum": .list(word.words.map(Value.string))], ["type": "string", "pattern": .string(word.pattern)])
        case .version: ["type": ["string", "number", "boolean"]]
        case .words, .anyMapping: ["type": "object"]
        case .percents: ["type": "object", "additionalProperties": ["type": ["number", "string"]]]
        case .list(let element, let limit):
            ["type": "array", "items": .mapping(element.schema)].merging(
                limit.map { ["maxItems": .integer($0)] } ?? [:]
            ) { $1 }
        case .mapping(let value): ["type": "object", "additionalProperties": .mapping(value.schema)]
        case .object(let object): object.schema
        case .textOr(let object): Self.any(["type": "string"], object.schema)
        case .asset(let object): Self.any(["type": "string", "pattern": "^azureml:"], object.schema)
        case .reference: ["type": "string", "pattern": "^azureml:"]
        case .condaFile: ["type": ["string", "object"]]
        case .readOnly: [:]
        case .unused(let shape): shape.schema
        }
    }

    private static let flags = "^([tTyYfFnN]|[tT]rue|TRUE|[fF]alse|FALSE|[oO]n|ON|[oO]ff|OFF|[yY]es|YES|[nN]o|NO|0|1)$"

    private static func any(_ schemas: [String: Value]...) -> [String: Value] {
        ["anyOf": .list(schemas.map(Value.mapping))]
    }
}

extension AzureEnumeration {
    /// A regular expression that matches every accepted spelling.
    fileprivate var pattern: String {
        let spellings = words.map { word in
            word.map { letter in
                letter == "_" ? "_?" : "[\(letter.uppercased())\(letter)]"
            }.joined()
        }
        return "^(\(spellings.joined(separator: "|")))$"
    }
}
