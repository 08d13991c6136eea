import Foundation
import HTTPTransport
import KubernetesEndpoints
import RolloutTesting
import Rollouts
import Testing

/// What several files mean together is held against what the real `kubectl config view` says that they mean.
@Suite("kubeconfig beside kubectl", .kubernetes, .timeLimit(.minutes(5))) struct KubeconfigDifferentialTests {
    private func entries(_ dice: inout Dice, _ item: (inout Dice, String) -> Value) -> Value {
        var names = ["a", "b", "c"].filter { _ in dice.number(0...2) > 0 }
        if dice.number(0...15) == 0, let first = names.first { names.append(first) }
        return .list(names.map { item(&dice, $0) })
    }

    private func file(_ dice: inout Dice) -> Value {
        var config: [String: Value] = ["apiVersion": "v1", "kind": "Config"]
        config["clusters"] = entries(&dice) { dice, name in
            var cluster: [String: Value] = ["server": .string("https://\(dice.number(1...99))")]
            if dice.number(0...2) == 0 { cluster["tls-server-name"] = .string("name-\(dice.number(1...9))") }
            if dice.number(0...3) == 0 { cluster["insecure-skip-tls-verify"] = true }
            return ["name": .string(name), "cluster": .mapping(cluster)]
        }
        config["users"] = entries(&dice) { dice, name in
            let user: Value = dice.one(of: [
                ["token": .string("t\(dice.number(1...99))")],
                ["tokenFile": .string("/dir/token-\(dice.number(1...9))")],
                ["tokenFile": "/abs/token"], [:], ["username": "ann", "password": .string("p\(dice.number(1...9))")],
                ["client-certificate-data": "Y2VydA==", "client-key-data": "a2V5"],
            ])
            return ["name": .string(name), "user": user]
        }
        config["contexts"] = entries(&dice) { dice, name in
            var context: [String: Value] = ["cluster": .string(dice.one(of: ["a", "b", "c"]))]
            if dice.number(0...9) > 0 { context["user"] = .string(dice.one(of: ["a", "b", "c"])) }
            if dice.number(0...1) == 0 { context["namespace"] = .string("n\(dice.number(1...9))") }
            return ["name": .string(name), "context": .mapping(context)]
        }
        if dice.number(0...2) > 0 { config["current-context"] = .string(dice.one(of: ["a", "b", "c", ""])) }
        return .mapping(config)
    }

    /// What the current context means, in words that both can say; nil where it means nothing.
    private func mine(_ paths: String) -> String? {
        do {
            let found = try ClusterConfiguration.load(environment: ["KUBECONFIG": paths]) {
                try JSONDecoder().decode(Value.self, from: Data($0.utf8))
            }
            var words = "\(found.server) \(found.serverName ?? "-") \(found.trust == .unverified) \(found.namespace)"
            switch found.user.authorization {
            case .token(let token): words += " token \(token)"
            case .tokenFile(let path): words += " file \(path)"
            case .password(let user, let password): words += " \(user):\(password)"
            case .nothing, .plugin: break
            }
            if case .text(let data)? = found.user.identity?.key {
                words += " key \(String(decoding: data, as: UTF8.self))"
            }
            return words
        } catch {
            return nil
        }
    }

    private func kubectls(_ paths: String) async throws -> String? {
        let kubectl = try #require(environment["KUBEBUILDER_ASSETS"]) + "/kubectl"
        let program = FileManager.default.isExecutableFile(atPath: kubectl) ? kubectl : "kubectl"
        let ended = try await Programs.run(
            "/usr/bin/env",
            ["KUBECONFIG=\(paths)", program, "config", "view", "--minify", "--raw", "--output=json"])
        guard ended.status == 0 else { return nil }
        let config = try JSONDecoder().decode(Value.self, from: Data(ended.output.utf8))
        func first(_ list: String, _ member: String) -> Value? {
            guard case .list(let items)? = config[list] else { return nil }
            return items.first?[member]
        }
        let (cluster, user) = (first("clusters", "cluster"), first("users", "user"))
        guard let server = cluster?["server"]?.string else { return nil }
        let isInsecure = cluster?["insecure-skip-tls-verify"]?.bool ?? false
        var words = "\(server) \(cluster?["tls-server-name"]?.string ?? "-") \(isInsecure)"
        words += " \(first("contexts", "context")?["namespace"]?.string ?? "default")"
        if let path = user?["tokenFile"]?.string {
            words += " file \(path)"
        } else if let token = user?["token"]?.string {
            words += " token \(token)"
        } else if let name = user?["username"]?.string {
            words += " \(name):\(user?["password"]?.string ?? "")"
        }
        if let key = user?["client-key-data"]?.string, let data = Data(base64Encoded: key) {
            words += " key \(String(decoding: data, as: UTF8.self))"
        }
        return words
    }

    @Test("files are merged, and what they mean is the same")
    func merging() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/kubeconfig-\(UUID().uuidString)"
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: folder) } }
        var dice = Dice(seed: 7)
        var meaning = 0
        for number in 0..<60 {
            let paths = try (0..<dice.number(1...3)).map { index in
                let place = "\(folder)/\(number)/\(index)"
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                // YAML does not know that slashes can be escaped.
                let encoder = JSONEncoder()
                encoder.outputFormatting = .withoutEscapingSlashes
                try encoder.encode(file(&dice)).write(to: URL(filePath: place + "/config"))
                return place + "/config"
            }.joined(separator: ":")
            let expected = try await kubectls(paths)
            #expect(mine(paths) == expected, "\(paths)")
            if expected != nil { meaning += 1 }
        }
        // Both kinds were there.
        #expect(meaning > 10 && meaning < 50)
    }
}
