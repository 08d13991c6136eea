import Foundation
@testable import KubernetesEndpoints
import HTTPTransport
import RolloutTesting
import Rollouts
import Testing

@Suite("kubeconfig") struct KubeconfigTests {
    /// A folder that goes with the test.
    private func with(_ body: (_ folder: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/kubeconfig-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: folder) } }
        try body(folder)
    }

    private func parse(_ text: String) throws -> Value { try JSONReader.value(Array(text.utf8)) }

    private func file(
        context: String? = "dev", cluster: Value = ["server": "https://one:6443"], user: Value = ["token": "t"],
        namespace: String? = nil, name: String = "dev"
    ) -> Value {
        var place: [String: Value] = ["cluster": .string(name), "user": .string(name)]
        place["namespace"] = namespace.map(Value.string)
        var config: [String: Value] = [
            "apiVersion": "v1", "kind": "Config",
            "clusters": [["name": .string(name), "cluster": cluster]],
            "users": [["name": .string(name), "user": user]],
            "contexts": [["name": .string(name), "context": .mapping(place)]],
        ]
        config["current-context"] = context.map(Value.string)
        return .mapping(config)
    }

    private func read(
        _ files: [Value], _ overrides: KubeconfigOverrides = KubeconfigOverrides()
    ) throws -> ClusterConfiguration {
        var kubeconfig = Kubeconfig()
        for (number, value) in files.enumerated() {
            try kubeconfig.add(
                String(decoding: JSONWriter.bytes(value), as: UTF8.self), file: "/etc/kube/\(number)/config",
                parse: parse)
        }
        return try kubeconfig.configuration(overrides)
    }

    private func problem(_ files: [Value], _ overrides: KubeconfigOverrides = KubeconfigOverrides()) throws -> String {
        let error = #expect(throws: KubernetesError.self) { try read(files, overrides) }
        return try #require(error?.message)
    }

    @Test("the current context says the cluster, the namespace and the user")
    func context() throws {
        let found = try read([file(namespace: "models")])
        #expect(found.server == "https://one:6443" && found.namespace == "models" && found.trust == .system)
        #expect(found.user.authorization == .token("t"))
        #expect(found.origin == "context 'dev' of /etc/kube/0/config")
        #expect(try read([file()]).namespace == "default")
        #expect(try read([file()], KubeconfigOverrides(namespace: "other")).namespace == "other")
    }

    @Test("of several files the first counts, name by name, and the first that names a context says which")
    func merging() throws {
        let first = file(context: nil, cluster: ["server": "https://first"], user: ["token": "1"])
        let second = file(
            cluster: ["server": "https://second", "insecure-skip-tls-verify": true], user: ["token": "2"])
        let third = file(context: "other", cluster: ["server": "https://third"], name: "other")
        let found = try read([first, second, third])
        #expect(found.server == "https://first" && found.trust == .system)
        #expect(found.user.authorization == .token("1"))
        #expect(try read([first, second, third], KubeconfigOverrides(context: "other")).server == "https://third")
        #expect(try read([.null, first, second]).server == "https://first")
    }

    @Test(
        "addresses are written one way",
        arguments: [
            ("https://one:6443", "https://one:6443"), ("https://one/", "https://one"), ("one:8080", "http://one:8080"),
            ("https://one/k8s/clusters/c1/", "https://one/k8s/clusters/c1"),
            ("https://[::1]:6443", "https://[::1]:6443"),
            ("HTTPS://One", "https://One"),
        ])
    func servers(written: String, server: String) throws {
        #expect(try read([file(cluster: ["server": .string(written)])]).server == server)
    }

    @Test("paths are relative to their own file; data counts before files")
    func paths() throws {
        let user: Value = [
            "client-certificate": "tls/client.crt", "client-key": "/abs/client.key",
        ]
        #expect(
            try read([file(user: user)]).user.identity
                == .init(certificates: .file("/etc/kube/0/tls/client.crt"), key: .file("/abs/client.key")))
        let both: Value = [
            "client-certificate": "c", "client-key": "k", "client-certificate-data": "Y2VydA==",
            "client-key-data": "a2V5",
        ]
        #expect(
            try read([file(user: both)]).user.identity
                == .init(certificates: .text(Data("cert".utf8)), key: .text(Data("key".utf8))))
        #expect(
            try read([file(context: nil, name: "x"), file(user: ["tokenFile": "../token"])]).user.authorization
                == .tokenFile("/etc/kube/1/../token"))
        let data: Value = [
            "server": "https://one", "certificate-authority-data": "cGVt", "certificate-authority": "/not/there",
        ]
        #expect(try read([file(cluster: data)]).trust == .authorities(Data("pem".utf8)))
    }

    @Test("how users prove who they are")
    func users() throws {
        #expect(try read([file(user: [:])]).user == ClusterConfiguration.User())
        #expect(
            try read([file(user: ["username": "ann", "password": "1234"])]).user.authorization
                == .password(user: "ann", password: "1234"))
        #expect(try read([file(user: ["token": "t", "tokenFile": "/f"])]).user.authorization == .tokenFile("/f"))
        let mixed = try read([file(user: ["token": "t", "client-certificate-data": "YQ==", "client-key-data": "Yg=="])])
        #expect(mixed.user.authorization == .token("t") && mixed.user.identity != nil)
    }

    @Test("an exec plugin has what it needs to be run")
    func plugins() throws {
        let exec: Value = [
            "apiVersion": "client.authentication.k8s.io/v1", "command": "bin/login", "args": ["--quiet", "7"],
            "env": [["name": "A", "value": "b"], ["name": "C"]], "installHint": "get it there",
            "interactiveMode": "Never", "provideClusterInfo": true,
        ]
        let cluster: Value = [
            "server": "https://one/", "certificate-authority-data": "cGVt", "tls-server-name": "inside",
            "extensions": [["name": "client.authentication.k8s.io/exec", "extension": ["audience": "x"]]],
        ]
        let found = try read([file(cluster: cluster, user: ["exec": exec])])
        guard case .plugin(let plugin) = found.user.authorization else { return #expect(Bool(false)) }
        #expect(plugin.command == "/etc/kube/0/bin/login" && plugin.arguments == ["--quiet", "7"])
        #expect(plugin.environment == ["A": "b", "C": ""] && plugin.installHint == "get it there")
        #expect(plugin.interactiveMode == .never)
        #expect(
            try parse(PluginRunner.execInfo(of: plugin)) == [
                "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                "spec": [
                    "interactive": false,
                    "cluster": [
                        "server": "https://one", "certificate-authority-data": "cGVt", "tls-server-name": "inside",
                        "config": ["audience": "x"],
                    ],
                ],
            ])
        let short = try read([
            file(user: ["exec": ["apiVersion": "client.authentication.k8s.io/v1beta1", "command": "login"]])
        ])
        guard case .plugin(let other) = short.user.authorization else { return #expect(Bool(false)) }
        #expect(other.command == "login" && other.interactiveMode == .ifAvailable && other.clusterInfo == nil)
    }

    @Test("what cannot be used is said, with the file")
    func problems() throws {
        #expect(try problem([file(context: nil)]).contains("/etc/kube/0/config has no current context"))
        #expect(
            try problem([file(context: "prod")]).hasSuffix(
                "context 'prod' does not exist in /etc/kube/0/config, which has dev"))
        #expect(try problem([file()], KubeconfigOverrides(context: "x")).contains("context 'x' does not exist"))
        #expect(try problem([file(cluster: [:])]).contains("cluster 'dev' has no server"))
        #expect(try problem([file(cluster: ["server": "ftp://x"])]).contains("'ftp://x', which is not a valid URL"))
        #expect(
            try problem([file(cluster: ["server": "https://x", "proxy-url": "http://p"])]).contains("proxy http://p"))
        #expect(
            try problem([
                file(cluster: [
                    "server": "https://x", "insecure-skip-tls-verify": true, "certificate-authority-data": "cGVt",
                ])
            ]).contains("both a certificate-authority and insecure-skip-tls-verify"))
        #expect(
            try problem([file(cluster: ["server": "https://x", "certificate-authority-data": "%%"])]).contains(
                "not valid Base64"))
        #expect(try problem([file(user: ["auth-provider": ["name": "gcp"]])]).contains("auth-provider 'gcp'"))
        #expect(try problem([file(user: ["as": "root"])]).contains("impersonates another user"))
        #expect(try problem([file(user: ["client-certificate": "/c"])]).contains("without its client-key"))
        #expect(try problem([file(user: ["client-key": "/c"])]).contains("without its client-certificate"))
        #expect(try problem([file(user: ["token": "t", "username": "a"])]).contains("both a token and a user name"))
        #expect(try problem([file(user: ["exec": ["command": ""]])]).contains("without a command"))
        #expect(
            try problem([file(user: ["exec": ["command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"]])])
                .contains("v1alpha1"))
        #expect(
            try problem([file(user: ["exec": ["command": "x", "apiVersion": "client.authentication.k8s.io/v1"]])])
                .contains("interactiveMode"))
        var broken = file()
        if case .mapping(var members) = broken {
            members["users"] = [["name": "somebody", "user": [:]]]
            broken = .mapping(members)
        }
        #expect(try problem([broken]).contains("user 'dev' of context 'dev' does not exist in"))
        #expect(try problem([["kind": "Pod"]]).contains("its kind is Pod"))
        #expect(try problem([[1]]).contains("must be a mapping"))
        #expect(try problem([["clusters": "x"]]).contains("'clusters' must be a list"))
        #expect(try problem([["clusters": [["name": "a"], ["name": "a"]]]]).contains("'clusters' has 'a' twice"))
        #expect(try problem([file(user: ["token": 1234])]).contains("'token' must be a string: put it in quotes"))
        #expect(try problem([file(user: ["token": .number(1e3)])]).contains("'token' must be a string"))
        #expect(
            try problem([file(cluster: ["server": "https://x", "insecure-skip-tls-verify": "true"])])
                .contains("must be true or false"))
        #expect(try problem([["clusters": [["cluster": [:]]]]]).contains("has no name"))
    }

    @Test("no secret stands in a message, and nothing crashes, however a file is damaged", arguments: 0..<40)
    func damaged(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let keys = ["token", "exec", "client-certificate-data", "client-key-data", "tokenFile", "username", "as"]
        for _ in 0..<40 {
            var user: [String: Value] = ["token": "s3cret"]
            for _ in 0..<dice.number(0...3) { user[dice.one(of: keys)] = randomValue(&dice, depth: 2) }
            var cluster: [String: Value] = ["server": "https://x"]
            if dice.number(0...3) == 0 {
                cluster[dice.one(of: ["server", "certificate-authority-data"])] = randomValue(&dice, depth: 2)
            }
            var config = file(cluster: .mapping(cluster), user: .mapping(user))
            if dice.number(0...3) == 0, case .mapping(var members) = config {
                members[dice.one(of: Array(members.keys.sorted()))] = randomValue(&dice, depth: 2)
                config = .mapping(members)
            }
            do {
                _ = try read([config])
            } catch let error as KubernetesError {
                #expect(!error.message.isEmpty && !error.description.contains("s3cret"))
            }
        }
    }

    @Test("KUBECONFIG's files, else the home's, else the Pod's account")
    func loading() throws {
        try with { folder in
            func write(_ value: Value, _ name: String) throws -> String {
                try Data(JSONWriter.bytes(value)).write(to: URL(filePath: "\(folder)/\(name)"))
                return "\(folder)/\(name)"
            }
            func load(_ environment: [String: String], _ overrides: KubeconfigOverrides = .init()) throws
                -> ClusterConfiguration
            {
                try ClusterConfiguration.load(environment: environment, overrides, pod: folder + "/pod", parse: parse)
            }
            let one = try write(file(context: nil, cluster: ["server": "https://one"]), "one")
            let two = try write(file(cluster: ["server": "https://two"]), "two")
            #expect(try load(["KUBECONFIG": "\(folder)/none:\(one)::\(two)"]).server == "https://one")
            let missing = #expect(throws: KubernetesError.self) { try load(["KUBECONFIG": "\(folder)/none"]) }
            #expect(missing?.message.contains("no such file exists") == true)

            let pod = ["HOME": folder, "KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"]
            #expect(throws: KubernetesError.self) { try load(["HOME": folder]) }
            #expect(throws: KubernetesError.self) { try load(pod) }
            try FileManager.default.createDirectory(atPath: folder + "/pod", withIntermediateDirectories: true)
            try Data("token\n".utf8).write(to: URL(filePath: folder + "/pod/token"))
            try Data("pem".utf8).write(to: URL(filePath: folder + "/pod/ca.crt"))
            try Data("mine".utf8).write(to: URL(filePath: folder + "/pod/namespace"))
            let inside = try load(pod)
            #expect(inside.server == "https://10.0.0.1:443" && inside.namespace == "mine")
            #expect(inside.trust == .authorities(Data("pem".utf8)))
            #expect(inside.user.authorization == .tokenFile(folder + "/pod/token"))
            var six = pod
            six["KUBERNETES_SERVICE_HOST"] = "fd00::1"
            #expect(try load(six, .init(namespace: "n")).server == "https://[fd00::1]:443")
            #expect(throws: KubernetesError.self) { try load(pod, .init(context: "dev")) }

            try FileManager.default.createDirectory(atPath: folder + "/.kube", withIntermediateDirectories: true)
            _ = try write(file(cluster: ["server": "https://home"]), ".kube/config")
            #expect(try load(pod).server == "https://home")
        }
    }
}
