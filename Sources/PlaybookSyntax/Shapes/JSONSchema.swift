internal import FoundationEssentials
internal import Rollouts

/// Returns the JSON Schema (2020-12) of playbooks for these backends, generated from the shapes that the reader uses.
package func playbookSchema(_ backends: [any BackendPlugin]) -> String {
    var schema = ObjectShape.playbook(backends).schema
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Turnout playbook"
    schema["$defs"] = [
        "expression": expressionSchema,
        "endpoint_file": .mapping(AzureObject.anyEndpoint.schema),
        "deployment_file": .mapping(AzureObject.anyDeployment.schema),
    ]
    do {
        return try JSONText.pretty(Value.mapping(schema))
    } catch {
        preconditionFailure("the shapes of playbooks hold a value that is not valid JSON: \(error)")
    }
}

private let expressionSchema: Value = [
    "type": "string",
    "pattern": #"\$\{\{.*\}\}"#,
    "description": """
    Integers, strings and Booleans: inputs.NAME, live, candidate, backend.name, backend.mirroring, backend.metrics, \
    run.id, + - * /, comparisons, and, or, not.
    """,
    "examples": ["${{ inputs.canary }}", "${{ 100 - inputs.canary }}"],
]

extension ObjectShape {
    fileprivate var schema: [String: Value] { schema(expressions: true) }

    fileprivate func schema(expressions: Bool) -> [String: Value] {
        var properties: [String: Value] = [:]
        for field in fields {
            var property = field.shape.schema(expressions: expressions && field.allowsExpressions)
            property["description"] = .string(field.description)
            if let example = field.example { property["examples"] = [.string(example)] }
            properties[field.key] = .mapping(property)
        }
        var schema: [String: Value] = [
            "type": "object", "additionalProperties": false, "properties": .mapping(properties),
        ]
        let required = fields.filter(\.isRequired).map { Value.string($0.key) }
        if !required.isEmpty { schema["required"] = .list(required) }
        if !oneOf.isEmpty { schema["oneOf"] = .list(oneOf.map { .mapping(["required": [.string($0)]]) }) }
        return schema
    }
}

extension Shape {
    /// Returns the schema of the value; with `expressions`, it also accepts `${{ … }}`.
    fileprivate func schema(expressions: Bool) -> [String: Value] {
        let plain = plainSchema(expressions: expressions)
        guard expressions else { return plain }
        switch self {
        case .pattern, .integer, .number, .boolean, .choice, .duration, .percent, .fraction, .rate:
            return ["anyOf": .list([.mapping(plain), .mapping(["$ref": "#/$defs/expression"])])]
        default: return plain
        }
    }

    private func plainSchema(expressions: Bool) -> [String: Value] {
        switch self {
        case .any: [:]
        case .text: ["type": "string"]
        case .path, .name: ["type": "string", "minLength": 1]
        case .pattern(let pattern): ["type": "string", "pattern": .string(pattern.expression)]
        case .word: ["type": ["string", "number", "boolean"]]
        case .integer(let range): bounds("integer", .integer(range.lowerBound), .integer(range.upperBound))
        case .number(let range): bounds("number", .number(range.lowerBound), .number(range.upperBound))
        case .boolean: ["type": "boolean"]
        case .choice(let words): ["enum": .list(words.map(Value.string))]
        case .duration(let words, _, let seconds, _):
            alternative(
                [
                    "type": "string",
                    "pattern": .string(
                        #"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$"# + words.map { "|^\($0)$" }.joined()),
                ], toNumber: seconds)
        case .percent:
            ["anyOf": [.mapping(bounds("integer", 0, 100)), .mapping(["type": "string", "pattern": "^[0-9]+%$"])]]
        case .fraction(let range):
            [
                "anyOf": [
                    .mapping(bounds("number", .number(range.lowerBound), .number(min(range.upperBound, 1)))),
                    .mapping(["type": "string", "pattern": #"^[0-9]+(\.[0-9]+)?(%|pt)$"#]),
                ]
            ]
        case .rate(let bare): alternative(["type": "string", "pattern": #"^[0-9.]+/[sm]$"#], toNumber: bare)
        case .condition: ["anyOf": [.mapping(["type": "boolean"]), .mapping(["$ref": "#/$defs/expression"])]]
        case .list(let element, let minimum):
            [
                "type": "array", "items": .mapping(element.schema(expressions: expressions)),
                "minItems": .integer(minimum),
            ]
        case .mapping(let value, _):
            ["type": "object", "additionalProperties": .mapping(value.schema(expressions: expressions))]
        case .object(let object): object.schema(expressions: expressions)
        case .anyOf(let shapes):
            ["anyOf": .list(shapes.map { .mapping($0.schema(expressions: expressions)) })]
        }
    }

    /// Returns `schema`; with `toNumber`, a number that is not negative is accepted too.
    private func alternative(_ schema: [String: Value], toNumber: Bool) -> [String: Value] {
        toNumber ? ["anyOf": [.mapping(schema), ["type": "number", "minimum": 0]]] : schema
    }

    private func bounds(_ type: Value, _ minimum: Value, _ maximum: Value) -> [String: Value] {
        ["type": type, "minimum": minimum, "maximum": maximum]
    }
}
