internal import Crypto
package import FoundationEssentials
package import Rollouts

/// Returns the SHA-256 digest in lowercase hexadecimal.
package func hexadecimalDigest(of bytes: Data) -> String {
    hexadecimal(SHA256.hash(data: bytes))
}

func hexadecimal(_ digest: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

extension Plan {
    /// Everything but the stages, as the journal stores it.
    package struct Header: Codable, Hashable, Sendable {
        package var playbook: String
        package var description: String?
        package var backend: String
        package var endpoint: Name
        package var inputs: [String: Value]
        package var load: Load?
        package var backendSettings: Value
        package var files: [File]
        package var roles: Roles?
        package var sources: [Source]?
    }

    package var header: Header {
        Header(
            playbook: playbook, description: description, backend: backend, endpoint: endpoint, inputs: inputs,
            load: load, backendSettings: backendSettings, files: files, roles: roles,
            sources: sources.isEmpty ? nil : sources)
    }

    package init(header: Header, stages: StageList) {
        self.init(
            playbook: header.playbook, description: header.description, backend: header.backend,
            endpoint: header.endpoint, inputs: header.inputs, load: header.load,
            backendSettings: header.backendSettings, files: header.files, stages: stages,
            roles: header.roles)
        sources = header.sources ?? []
    }

    /// Returns the hash that approvals, snapshots and the journal refer to.
    ///
    /// It is SHA-256 over the header and every stage, each encoded as JSON with sorted keys and separated by newlines.
    package func hash() throws -> String {
        var hasher = SHA256()
        hasher.update(data: try header.encoded())
        for index in stages.indices {
            hasher.update(data: [UInt8(ascii: "\n")])
            hasher.update(data: try stages.encoded(at: index))
        }
        return hexadecimal(hasher.finalize())
    }
}

extension Plan.Header {
    /// Encodes the header as JSON with sorted keys.
    package func encoded() throws -> Data { try JSONText.encode(self) }
}

extension Observation {
    /// A short digest of the desired state, which excludes what changes without a request (health, progress).
    package var fingerprint: String {
        guard case .present(let snapshot) = self else { return "absent" }
        var text = "\(snapshot.name)|\(snapshot.traffic.wanted)|\(snapshot.mirrorTraffic.wanted)"
        for deployment in snapshot.deployments.sorted(by: { $0.name < $1.name }) {
            text += "|\(deployment.name)×\(deployment.instances.wanted)|\(deployment.definition.document.canonical)"
            if let contents = deployment.definition.contents { text += "|\(contents.canonical)" }
        }
        return String(hexadecimalDigest(of: Data(text.utf8)).prefix(16))
    }
}

extension DeploymentDefinition {
    /// A short digest that is equal for equal documents.
    ///
    /// It ignores the instance count.
    var fingerprint: String {
        var document = document
        if case .mapping(var members) = document {
            members["instance_count"] = nil
            document = .mapping(members)
        }
        let files = contents.map { "|\($0.canonical)" } ?? ""
        return String(hexadecimalDigest(of: Data((document.canonical + files).utf8)).prefix(16))
    }
}

extension LocalContents {
    /// A text that is equal for equal contents.
    fileprivate var canonical: String {
        [code, environment, model, command].map { $0 ?? "" }.joined(separator: ",")
    }
}

extension Value {
    /// A text that is equal for equal values.
    fileprivate var canonical: String {
        switch self {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .string(let text): "\(text.utf8.count):\(text)"
        case .list(let items): "[" + items.map(\.canonical).joined(separator: ",") + "]"
        case .mapping(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\($0.key.utf8.count):\($0.key)=\($0.value.canonical)" }
                .joined(separator: ",") + "}"
        }
    }
}
