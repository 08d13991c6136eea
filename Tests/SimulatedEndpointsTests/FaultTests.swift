import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

@Suite("Faults that a playbook asks for")
struct FaultTests {
    @Test("never_ready stays Creating, and is Failed with a reason after 30 minutes")
    func neverReady() async throws {
        let simulation = Simulation(green: DeploymentProfile(fault: .neverReady))
        try await simulation.bench.make(.putEndpoint(.sample))
        try simulation.backend.apply(.putDeployment(.green), to: "houses", as: simulation.bench.context())
        simulation.clock.advance(by: .minutes(29))
        #expect(try simulation.green().state == .creating)
        #expect(try simulation.green().instances == .init(wanted: 1, ready: 0))
        simulation.clock.advance(by: .minutes(1))
        let green = try simulation.green()
        #expect(green.state == .failed)
        #expect(green.instances == .init(wanted: 1, ready: 0, failed: 1))
        #expect(
            green.reason == "ResourceNotReady: the readiness probe has not succeeded for 30m "
                + "(ReadinessProbeFailed: the readiness probe answers 502)")
        let words = try simulation.words()
        #expect(words.contains { $0.hasPrefix("ReadinessProbeFailed") })
    }

    @Test("a failed deployment is deployed anew once its settings are mended")
    func mended() async throws {
        let store = MemoryStore()
        let broken = Simulation(
            SimulationSettings(profiles: ["green": DeploymentProfile(fault: .neverReady)]), store: store)
        try await broken.bench.make(.putEndpoint(.sample))
        try broken.backend.apply(.putDeployment(.green), to: "houses", as: .sample("first"))
        broken.clock.advance(by: .hours(1))
        #expect(try broken.green().state == .failed)
        let mended = Simulation(
            SimulationSettings(profiles: ["green": DeploymentProfile()]), store: store, at: broken.clock.now())
        try mended.backend.apply(.putDeployment(.green), to: "houses", as: .sample("second"))
        try await mended.bench.wait("green to be ready") { $0?.deployment("green")?.isReady == true }
    }

    @Test("quota refuses with the cores that an upgrade would need")
    func quota() async throws {
        let simulation = Simulation(green: DeploymentProfile(fault: .quota))
        try await simulation.bench.make(.putEndpoint(.sample))
        let error = #expect(throws: BackendError.self) {
            try simulation.backend.apply(
                .putDeployment(.sample("green", instances: 3)), to: "houses", as: simulation.bench.context())
        }
        #expect(error?.code == .refused)
        #expect(
            error?.message == "OutOfQuota: not enough quota available for Standard_DS3_v2 in the subscription: "
                + "deployment green needs ceil(1.2 × 3) × 4 = 16 cores, and 0 are left")
        try await simulation.bench.make(.putDeployment(.blue))
    }

    @Test("crash_after_ready serves for fault_after, and then crashes")
    func crash() async throws {
        let simulation = Simulation(
            green: DeploymentProfile(fault: .crashAfterReady, faultAfter: .minutes(7)))
        try await simulation.bench.makeBlueLive()
        try await simulation.bench.make(.setTraffic(["green": 100]))
        #expect(try simulation.green().isReady)
        simulation.clock.advance(by: .minutes(7))
        let green = try simulation.green()
        #expect(green.state == .succeeded)
        #expect(green.instances == .init(wanted: 1, ready: 0, failed: 1))
        #expect(green.reason?.hasPrefix("CrashLoopBackOff") == true)
        #expect(try simulation.words().contains { $0.hasPrefix("BackOff") })
        let response = try simulation.backend.invoke("houses", deployment: nil, .sample)
        #expect(response.status == 424)
        #expect(response.deployment == "green")
    }

    @Test("slow takes 20 times as long")
    func slow() async throws {
        let latency = DeploymentProfile.Latency(p50: .milliseconds(10), p99: .milliseconds(10))
        let simulation = Simulation(
            SimulationSettings(
                profiles: [
                    "blue": DeploymentProfile(latency: latency),
                    "green": DeploymentProfile(latency: latency, fault: .slow),
                ]))
        try await simulation.bench.makeBlueLive()
        #expect(try simulation.backend.invoke("houses", deployment: "blue", .sample).latency == .milliseconds(10))
        #expect(try simulation.backend.invoke("houses", deployment: "green", .sample).latency == .milliseconds(200))
    }

    @Test("flapping is ready in one minute and not in the next, at the cost of none of them")
    func flapping() async throws {
        let simulation = Simulation(green: DeploymentProfile(readyAfter: .zero, fault: .flapping))
        try await simulation.bench.make(.putEndpoint(.sample))
        try simulation.backend.apply(.putDeployment(.green), to: "houses", as: simulation.bench.context())
        for minute in 0..<6 {
            #expect(try simulation.green().isReady == (minute % 2 == 0))
            simulation.clock.advance(by: .minutes(1))
        }
        simulation.clock.advance(by: .hours(24 * 3650))
        #expect(try simulation.green().instances.wanted == 1)
        #expect(try simulation.words().contains { $0.hasPrefix("ReadinessProbeFailed") })
    }

    @Test("refuse_updating is busy for fault_after, and then takes the change")
    func refuseUpdating() async throws {
        let simulation = Simulation(
            green: DeploymentProfile(fault: .refuseUpdating, faultAfter: .minutes(2)))
        try await simulation.bench.make(.putEndpoint(.sample))
        let context = simulation.bench.context()
        for _ in 0..<4 {
            let error = #expect(throws: BackendError.self) {
                try simulation.backend.apply(.putDeployment(.green), to: "houses", as: context)
            }
            #expect(error?.code == .busy(retryAfter: .seconds(5)))
            #expect(
                error?.message.hasSuffix("because it is in Updating provisioning state.") == true)
            simulation.clock.advance(by: .seconds(30))
        }
        try simulation.backend.apply(.putDeployment(.green), to: "houses", as: context)
        #expect(try simulation.green().state == .creating)
        #expect(
            try simulation.backend.history(of: "houses").suffix(5).map(\.hadEffect) == [
                false, false, false, false, true,
            ])
    }

    @Test("failing is ready and answers nothing but errors")
    func failing() async throws {
        let simulation = Simulation(green: DeploymentProfile(fault: .failing))
        try await simulation.bench.makeBlueLive()
        #expect(try simulation.green().isReady)
        let response = try simulation.backend.invoke("houses", deployment: "green", .sample)
        #expect(response.status == 424)
        #expect(response.body.contains(#""modelStatus":500"#))
    }

    @Test("faults stay with the endpoint when a later process names none")
    func persist() async throws {
        let store = MemoryStore()
        let settings = SimulationSettings(profiles: ["green": DeploymentProfile(fault: .failing)])
        try await Simulation(settings, store: store).bench.makeBlueLive()
        let later = Simulation(store: store)
        #expect(try later.backend.invoke("houses", deployment: "green", .sample).status == 424)
        let mended = Simulation(SimulationSettings(profiles: ["green": DeploymentProfile()]), store: store)
        try mended.backend.apply(.putEndpoint(.sample), to: "houses", as: mended.bench.context())
        #expect(try later.backend.invoke("houses", deployment: "green", .sample).status == 200)
    }
}

extension Simulation {
    /// What green's log says.
    fileprivate func words() throws -> [String] {
        try backend.logs(of: endpoint, deployment: "green", tail: 1000).map(\.text)
    }
}
