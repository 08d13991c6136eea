import AzureEndpoints
import Foundation
import PlaybookSyntax
import Rollouts
import Testing

/// Microsoft's `azure-ai-ml` says what an endpoint or deployment file is: Turnout takes a file exactly when it does, and
/// means the same by it.
@Suite("Azure's loader", .integration, .serialized, .timeLimit(.minutes(10)))
struct LoaderDifferentialTests {
    private struct Expectation: Decodable {
        var file: String
        var kind: String
        var name: String
        var accepted: Bool
        var error: String?
        /// What the loader would send; nil where it refuses to send what it has read.
        var meaning: Value?
    }

    @Test("and Turnout agree about every file")
    func agreement() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "loader-\(UInt64.random(in: 0 ... .max))")
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "loader_oracle.py").path
        let end = try await Programs.run(AzureSDK.python(), [script, folder.path])
        try #require(end.status == 0, "\(end.output)")
        let expected = try JSONDecoder().decode(
            [Expectation].self, from: Data(contentsOf: folder.appending(path: "expected.json")))
        try #require(expected.count >= 500)
        #expect(expected.count { $0.accepted } >= 500)

        var differences: [String] = []
        for expectation in expected where LoaderExceptions.situations[expectation.name] == nil {
            if let difference = try difference(expectation) {
                let text = try String(decoding: Data(contentsOf: URL(filePath: expectation.file)), as: UTF8.self)
                differences.append("\(expectation.kind) '\(expectation.name)': \(difference)\n\(text)")
            }
        }
        #expect(differences.isEmpty, "\(differences.count) differences:\n\(differences.joined(separator: "\n"))")
    }

    /// How Turnout differs from the loader about a file, or nil.
    private func difference(_ expectation: Expectation) throws -> String? {
        let isEndpoint = expectation.kind == "endpoint"
        let file =
            isEndpoint ? AzureFile(endpointAt: expectation.file) : AzureFile(deploymentAt: expectation.file)
        let errors = file.findings.filter {
            $0.severity == .error && LoaderExceptions.planRules[$0.rule] == nil
        }
        if !expectation.accepted {
            return errors.isEmpty ? "is taken, and the loader refuses it: \(expectation.error ?? "")" : nil
        }
        guard errors.isEmpty else {
            let text = try String(decoding: Data(contentsOf: URL(filePath: expectation.file)), as: UTF8.self)
            guard
                !LoaderExceptions.refused.contains(where: { exception in
                    text.split(separator: "\n").contains { $0 == exception.line }
                })
            else { return nil }
            return "is refused, and the loader takes it: \(errors.map { $0.rendered(color: false) })"
        }
        guard let wanted = expectation.meaning?.comparable else { return nil }
        let meaning: Value
        switch file.definition {
        case .endpoint(let definition)?: meaning = try Meaning.of(definition)
        case .deployment(let definition)?: meaning = try Meaning.of(definition, besides: expectation.file)
        case nil: return "gives no definition"
        }
        let found = meaning.comparable
        guard found != wanted else { return nil }
        let keys = Set(found.keys).union(wanted.keys).filter { found[$0] != wanted[$0] }.sorted()
        return keys.map { "\($0) is \(found[$0] ?? .null), and to the loader \(wanted[$0] ?? .null)" }
            .joined(separator: "; ")
    }
}

/// What a definition comes to on the wire, in the form of loader_oracle.py.
private enum Meaning {
    static func of(_ definition: EndpointDefinition) throws -> Value {
        let wire = try Value(EndpointMapping(workspace: .local).resource(for: definition))
        let identity = wire["identity"]
        return [
            "name": .string(definition.name.text.lowercased()),
            "description": wire["properties"]?["description"] ?? .null,
            "tags": wire["tags"] ?? .null, "properties": own(wire["properties"]?["properties"]),
            "auth": wire["properties"]?["authMode"] ?? .null,
            "identity": [
                "type": identity?["type"] ?? .null,
                "ids": .list((identity?["userAssignedIdentities"]?.names ?? []).map(Value.string)),
            ],
            "access": wire["properties"]?["publicNetworkAccess"] ?? .null,
            "compute": reference(definition.document["compute"]) ?? .null,
        ]
    }

    static func of(_ definition: DeploymentDefinition, besides file: String) throws -> Value {
        // Assets are compared as the file names them: the loader, too, resolves them when it sends them.
        var settings = definition
        if case .mapping(let members) = definition.document {
            settings.document = .mapping(
                members.filter { !["model", "environment", "code_configuration"].contains($0.key) })
        }
        let wire = try Value(DeploymentMapping(workspace: .local).resource(for: settings))
        let properties = wire["properties"]
        let document = definition.document
        let request = properties?["requestSettings"]
        let code = document["code_configuration"]
        return [
            "name": .string(definition.name.text.lowercased()),
            "endpoint": .string(definition.endpoint.text.lowercased()),
            "model": model(document["model"], besides: file),
            "environment": environment(document["environment"], besides: file),
            "code": code.map { ["code": $0["code"] ?? .null, "script": $0["scoring_script"] ?? .null] } ?? .null,
            "tags": wire["tags"] ?? .null, "properties": own(properties?["properties"]),
            "variables": properties?["environmentVariables"] ?? .null,
            "description": properties?["description"] ?? .null, "instanceType": properties?["instanceType"] ?? .null,
            "instances": wire["sku"]?["capacity"] ?? .null, "insights": properties?["appInsightsEnabled"] ?? .null,
            "egress": properties?["egressPublicNetworkAccess"] ?? .null,
            "private": properties?["privateNetworkConnection"] == true ? true : .null,
            "mount": properties?["modelMountPath"] ?? .null, "scale": times(properties?["scaleSettings"]),
            "kind": properties?["endpointComputeType"] ?? .null,
            "request": [
                "timeout": times(request?["requestTimeout"]), "queue": times(request?["maxQueueWait"]),
                "concurrent": request?["maxConcurrentRequestsPerInstance"] ?? .null,
            ],
            "liveness": times(properties?["livenessProbe"]), "readiness": times(properties?["readinessProbe"]),
            "collector": collector(properties?["dataCollector"]),
            "resources": properties?["containerResourceRequirements"] ?? .null,
        ]
    }

    /// Properties without Turnout's own.
    private static func own(_ properties: Value?) -> Value {
        guard case .mapping(let members)? = properties else { return .null }
        return .mapping(members.filter { !$0.key.hasPrefix("turnout.dev/") })
    }

    /// A reference without its scheme, as the loader keeps it.
    private static func reference(_ value: Value?) -> Value? {
        guard let text = value?.string else { return nil }
        guard !text.hasPrefix("azureml://registries/"), text.hasPrefix("azureml:") else { return .string(text) }
        return .string(String(text.dropFirst("azureml:".count)))
    }

    private static func model(_ value: Value?, besides file: String) -> Value {
        guard case .mapping(let model)? = value else { return reference(value) ?? .null }
        let path = model["path"]?.string.map { place($0, besides: file) }
        let isNamed = model["name"]?.string?.isEmpty == false
        return [
            "name": isNamed ? model["name"] ?? .null : .null, "version": isNamed ? model["version"] ?? .null : .null,
            "path": path.map(Value.string) ?? .null, "type": model["type"] ?? "custom_model",
            "description": model["description"] ?? .null, "tags": model["tags"] ?? .null,
            "properties": model["properties"] ?? .null,
        ]
    }

    private static func environment(_ value: Value?, besides file: String) -> Value {
        guard case .mapping(let environment)? = value else { return reference(value) ?? .null }
        let isNamed = environment["name"]?.string?.isEmpty == false
        let build = environment["build"]
        let path = build?["path"]?.string.map { place($0, besides: file) }
        var routes: [String: Value] = [:]
        for name in ["liveness", "readiness", "scoring"] {
            routes["\(name)Route"] = environment["inference_config"]?["\(name)_route"]
        }
        return [
            "name": isNamed ? environment["name"] ?? .null : .null,
            "version": isNamed ? environment["version"] ?? .null : .null, "image": environment["image"] ?? .null,
            "description": environment["description"] ?? .null, "tags": environment["tags"] ?? .null,
            "os_type": environment["os_type"] ?? .null, "conda": .bool(environment["conda_file"] != nil),
            "build": build.map {
                ["path": path.map(Value.string) ?? .null, "dockerfile_path": $0["dockerfile_path"] ?? .null]
            } ?? .null, "routes": .mapping(routes),
        ]
    }

    private static func place(_ path: String, besides file: String) -> String {
        guard !path.contains("://"), !path.isEmpty else { return path }
        let folder = URL(filePath: file).deletingLastPathComponent()
        return URL(filePath: path, relativeTo: folder).standardizedFileURL.resolvingSymlinksInPath().path
    }

    private static func collector(_ value: Value?) -> Value {
        guard case .mapping(var members)? = value, case .mapping(let collections)? = members["collections"] else {
            return value ?? .null
        }
        members["collections"] = .mapping(
            collections.mapValues { collection in
                guard case .mapping(var members) = collection else { return collection }
                members["dataId"] = nil
                return .mapping(members)
            })
        return .mapping(members)
    }

    /// Durations as milliseconds.
    private static func times(_ value: Value?) -> Value {
        switch value {
        case .mapping(let members)?: .mapping(members.mapValues(times))
        case .string(let text)?: ISO8601Duration(text).map { .integer(Int($0.interval.milliseconds)) } ?? .string(text)
        default: value ?? .null
        }
    }
}

extension Value {
    /// The value as JSON has it.
    fileprivate init(_ value: some Encodable) throws {
        self = try JSONText.decode(Value.self, from: JSONText.line(value))
    }

    fileprivate var names: [String] {
        guard case .mapping(let members) = self else { return [] }
        return members.keys.sorted()
    }

    /// Its members with a value, where case, whole numbers, empty text and empty mappings make no difference: enumerations of the
    /// service have no case.
    fileprivate var comparable: [String: Value] {
        guard case .mapping(let members) = normal(isText: false) ?? [:] else { return [:] }
        return members
    }

    private func normal(isText: Bool) -> Value? {
        switch self {
        case .null: return nil
        case .integer(let number): return .number(Double(number))
        case .string(let text): return isText ? self : text.isEmpty ? nil : .string(text.lowercased())
        case .list(let items): return items.isEmpty ? nil : .list(items.compactMap { $0.normal(isText: isText) })
        case .mapping(let members):
            var normal: [String: Value] = [:]
            for (key, value) in members {
                let isText = isText || ["tags", "properties", "variables"].contains(key)
                normal[key] = value.normal(isText: isText)
            }
            return normal.isEmpty ? nil : .mapping(normal)
        case .bool, .number: return self
        }
    }
}
