import FoundationEssentials
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("The JSON Schema")
struct SchemaTests {
    @Test("it is JSON and names every key that playbooks take")
    func keys() throws {
        let schema = try JSONDecoder().decode(Value.self, from: Data(playbookSchema([]).utf8))
        #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
        expectKeys(of: .playbook([]), in: schema)
        let stage = schema["properties"]?["stages"]?["items"]
        #expect(stage?["oneOf"] == .list(StageAction.Kind.allCases.map { ["required": [.string($0.rawValue)]] }))
        for kind in StageAction.Kind.allCases { #expect(stage?["properties"]?[kind.rawValue] != nil) }
        #expect(schema["$defs"]?["deployment_file"]?["properties"]?["endpoint_name"] != nil)
    }

    @Test("it refers to nothing that is not in it")
    func references() throws {
        let schema = try JSONDecoder().decode(Value.self, from: Data(playbookSchema([]).utf8))
        for reference in references(in: schema) {
            let path = reference.split(separator: "/").dropFirst().map(String.init)
            #expect(path.reduce(schema as Value?) { $0?[$1] } != nil, "\(reference)")
        }
    }

    private func references(in value: Value) -> Set<String> {
        switch value {
        case .mapping(let members):
            let own = members["$ref"]?.string.map { Set([$0]) } ?? []
            return members.values.reduce(own) { $0.union(references(in: $1)) }
        case .list(let items): return items.reduce(into: []) { $0.formUnion(references(in: $1)) }
        default: return []
        }
    }

    private func expectKeys(of object: ObjectShape, in schema: Value?) {
        for field in object.fields {
            let property = schema?["properties"]?[field.key]
            #expect(property?["description"] == .string(field.description), "\(object.what): \(field.key)")
            switch field.shape {
            case .object(let inner): expectKeys(of: inner, in: property)
            case .list(.object(let inner), _): expectKeys(of: inner, in: property?["items"])
            case .mapping(.object(let inner), _): expectKeys(of: inner, in: property?["additionalProperties"])
            default: break
            }
        }
    }
}
