import Foundation
import KubernetesEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

extension KubernetesSuite {
    @Suite("Many endpoints and deployments") struct ScaleTests {
        @Test("beside 49 endpoints with 20 deployments each, a rollout costs one list and one watch of each type")
        func crowd() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.withHome(.direct) { home in
                    let waiting = try await home.end(fixture.rollout(canary: "1s", approve: nil))
                    try #require(waiting.status == 11, "\(waiting.output)\(waiting.errors)")
                    try await fixture.makeCrowd(of: "my-endpoint", "blue", endpoints: 49, deployments: 20)
                    let place = ["--input", "namespace=\(fixture.namespace)", "--input", "gateway=gateway"]
                    for words in [
                        ["approve", "--resume"], ["plan", "kubernetes-rollout"] + place,
                        ["endpoint", "list", "--namespace", fixture.namespace],
                    ] {
                        let before = try await fixture.audited().count
                        let started = try home.start(words)
                        let peak = try await started.peakPrivateMemory()
                        let ended = try await started.end()
                        #expect([0, 11].contains(ended.status), "\(ended.output)\(ended.errors)")
                        #expect(peak < 100 << 20, "\(words) had \(peak >> 20) MB")
                        try await expectOneOfEach(Array(try await fixture.audited().dropFirst(before)), words)
                    }
                }
            }
        }

        /// A list that comes in pages is one.
        private func expectOneOfEach(_ requests: [ClusterFixture.Audited], _ words: [String]) async throws {
            for type in ["deployments", "services", "pods", "endpointslices", "horizontalpodautoscalers", "httproutes"]
            {
                let all = requests.filter { $0.resource == type }
                let lists = all.filter { $0.verb == "list" && !$0.uri.contains("continue=") }
                #expect(lists.count == 1, "\(words): \(lists.map(\.uri))")
                #expect(all.count { $0.verb == "watch" } == 1, "\(words): \(type)")
            }
        }

        /// As soon as the gateway has taken the change before.
        private func apply(_ change: Change, _ bench: BackendBench) async throws {
            try await eventually("\(change) is accepted") {
                do {
                    try await bench.backend.apply(change, to: bench.endpoint, as: bench.context())
                    return true
                } catch let error as BackendError where error.code != .refused {
                    return false
                }
            }
        }

        @Test("an endpoint has 20 deployments, each of which requests can name, and loses them again")
        func twenty() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.make(.putEndpoint(.sample))
                let names = (1...20).map { Name("version-\($0)") }
                for name in names { try await apply(.putDeployment(.sample(name)), bench) }
                try await bench.wait("all to be ready") { snapshot in
                    names.allSatisfy { snapshot?.deployment($0)?.isReady == true }
                }
                try await bench.make(.setTraffic(["version-1": 50, "version-20": 50]))
                for name in names {
                    let answer = try await bench.backend.invoke(bench.endpoint, deployment: name, .sample)
                    #expect(answer.status == 200 && answer.deployment == name)
                }
                let routes = try await fixture.kubectl("get", "httproutes", "--output", "name")
                #expect(routes.split(separator: "\n").count == 2, "\(routes)")
                try await bench.make(.setTraffic(["version-1": 100]))
                for name in names.dropFirst() { try await apply(.deleteDeployment(name), bench) }
                try await bench.wait("all but one to be gone") { $0?.deployments.map(\.name) == ["version-1"] }
                let left = try await fixture.kubectl("get", "httproutes", "--output", "name")
                #expect(left.split(separator: "\n").count == 1, "\(left)")
                #expect(try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample).status == 200)
            }
        }
    }
}

extension TurnoutHome.Started {
    /// The peak of the process's private memory in bytes, sampled every 20 ms until it ends.
    ///
    /// Pages of the program itself do not count: a debug build has more of them than a release build, and processes
    /// share them.
    fileprivate func peakPrivateMemory() async throws -> Int {
        var peak = 0
        let path = "/proc/\(process.processIdentifier)/status"
        while process.isRunning {
            // It may end between the look and the reading.
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
            peak = max(peak, line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 * 1024 } ?? 0)
            try await Task.sleep(for: .milliseconds(20))
        }
        try #require(peak > 0)
        return peak
    }
}

extension KubernetesSuite {
    @Suite("Deployments that an autoscaler scales") struct AutoscalerTests {
        @Test("one whose least is above its instance count comes to the least, and the run goes on")
        func least() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.withHome(.direct) { home in
                    let file = "Playbooks/samples/kubernetes/blue-deployment.yml"
                    let scaling = "scale_settings: {type: target_utilization, min_instances: 3, max_instances: 4}\n"
                    try home.write(try home.read(file) + scaling, to: file)
                    try home.write(
                        """
                        name: autoscaled
                        backends:
                          kubernetes: {namespace: \(fixture.namespace), gateway: {name: \(fixture.place.gatewayName)}}
                        stages:
                          - name: define
                            define: {endpoint_file: samples/kubernetes/endpoint.yml, deployment_file: \
                        samples/kubernetes/blue-deployment.yml, all_traffic: true}
                          - name: rest
                            wait: {for: 2s}
                        """, to: "Playbooks/autoscaled.yml")
                    let ended = try await home.end("run", "autoscaled")
                    #expect(ended.status == 0, "\(ended)")
                    let replicas = try await fixture.kubectl(
                        "get", "deployment/my-endpoint-blue", "--output", "jsonpath={.status.readyReplicas}")
                    #expect(replicas == "3")
                }
            }
        }
    }
}
