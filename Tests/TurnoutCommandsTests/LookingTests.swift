internal import Foundation
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutStatistics
internal import RolloutTesting
internal import Rollouts
internal import RolloutService
internal import SimulatedEndpoints
internal import Synchronization
internal import Testing

@testable import TurnoutCommands

@Suite("Commands that only look")
struct LookingTests {
    private static func workspace(_ home: String) -> Workspace {
        Workspace(environment: ["TURNOUT_HOME": home])
    }

    private static func service(_ home: String = "/no/home") -> RolloutService {
        RolloutService(
            journal: InMemoryJournal(), backends: Composition.current.backends, workspace: workspace(home),
            caller: .ofThisProcess, notify: { _ in })
    }

    private static func request(_ playbook: String) throws -> PlanRequest {
        PlanRequest(
            path: "\(Repository.path)/Playbooks/\(playbook).yml",
            selection: try Composition.current.backends.selection(named: "simulated"))
    }

    @Test("P16: planning where nothing was ever run makes no file")
    func planningMakesNothing() async throws {
        try await withScratchFolder { home in
            let planned = try await Self.service(home).plan(try Self.request("safe-rollout"))
            #expect(planned.preview.now == nil)
            let journal = try Composition.current.openJournal(home + "/state", true)
            #expect(try journal.nextRunID(of: "safe-rollout").number == 1)
            _ = await Doctor(workspace: Self.workspace(home)).look()
            #expect(try FileManager.default.contentsOfDirectory(atPath: home) == [])
        }
    }

    @Test("P16: looking at an endpoint that has gone on since changes no byte of its file")
    func lookingKeepsTheFile() async throws {
        try await withScratchFolder { home in
            let workspace = Self.workspace(home)
            let store = try SQLiteStore(folder: workspace.state)
            let past = Timestamp(milliseconds: 1_000_000)
            let backend = SimulatedBackend(
                store: store, clock: VirtualClock(stored: past, wall: past), settings: SimulationSettings())
            let definition = EndpointDefinition(name: "houses")
            let context = ChangeContext(
                run: RunID(playbook: "x", number: 1), stage: "define", attempt: 1, idempotencyKey: "k", epoch: 1)
            try backend.apply(.putEndpoint(definition), to: "houses", as: context)
            try store.close()
            let before = try Self.bytes(in: workspace.state)
            let view = try SimulatedView(SimulationSettings(), in: workspace.state)
            #expect(try view.backend.observe("houses")?.state == .succeeded)
            #expect(try Self.bytes(in: workspace.state) == before)
        }
    }

    @Test("A rehearsal passes gates for groups, and holds nothing for servers that it does not ask")
    func rehearsalOfOthers() async throws {
        var snapshot = try Self.service().snapshot(of: try Self.request("safe-rollout"))
        let settings = try SimulationSettings(snapshot.plan.backendSettings, kind: .managed)
        var stages = Array(snapshot.plan.stages)
        let canary = try #require(stages.firstIndex { $0.name == "canary" })
        stages[canary].analysis?.metrics.append(
            .prometheus(PrometheusLimits(name: "queue", url: "http://127.0.0.1:1", query: "up", maximum: 1)))
        let cutOver = try #require(stages.firstIndex { $0.name == "cut-over" })
        stages[cutOver].approval = Approval(required: 2, starterMayApprove: false, group: "no-such-group")
        snapshot.plan.stages = StageList(stages)
        let rehearsal = try await Self.service().rehearse(snapshot, settings, nil) { _, _ in }
        let report = RehearsalReport(rehearsal, RehearsalTimeline())
        #expect(report.status == .succeeded, "\(report.reason ?? "")")
        #expect(report.queriesNotAsked == ["queue"])
    }

    @Test("A rehearsal brings green to 100 percent, and one seed gives one rehearsal")
    func rehearsal() async throws {
        var texts: Set<String> = []
        for _ in 1...2 {
            let timeline = Mutex(RehearsalTimeline())
            let rehearsal = try await Self.service().rehearse(try Self.request("safe-rollout")) { now, progress in
                timeline.withLock { $0.note(progress, at: now) }
            }.rehearsal
            let report = RehearsalReport(rehearsal, timeline.withLock { $0 })
            #expect(report.status == .succeeded)
            #expect(report.traffic.last?.traffic.actual == ["green": 100])
            texts.insert(try JSONText.line(report))
        }
        #expect(texts.count == 1)
    }

    @Test("A playbook is named by its name or by a path, and a wrong name gets the nearest one")
    func playbookNames() async throws {
        try await withScratchFolder { home in
            try FileManager.default.createDirectory(atPath: home + "/Playbooks", withIntermediateDirectories: true)
            for file in ["safe.yml", "other.yaml", "notes.txt"] {
                try Data("stages: []".utf8).write(to: URL(filePath: "\(home)/Playbooks/\(file)"))
            }
            let argument = PlaybookFolder(Self.workspace(home), workingFolder: home)
            #expect(try argument.path(of: "safe") == "Playbooks/safe.yml")
            #expect(try argument.path(of: "other") == "Playbooks/other.yaml")
            #expect(try argument.path(of: "Playbooks/safe.yml") == "Playbooks/safe.yml")
            #expect(try argument.all() == ["Playbooks/other.yaml", "Playbooks/safe.yml"])
            let failure = #expect(throws: ServiceError.self) { try argument.path(of: "saf") }
            #expect(failure?.code == .notPossible)
            #expect(failure?.message.contains("did you mean 'safe'?") == true)
            #expect(throws: ServiceError.self) { try argument.path(of: "") }
            #expect(throws: ServiceError.self) { try argument.path(of: "./none.yml") }
        }
    }

    @Test("Installed playbooks are found where Playbooks/ has none of that name, and are listed beside its own")
    func installedPlaybooks() async throws {
        try await withScratchFolder { prefix in
            let (home, stock) = (prefix + "/team", prefix + "/share/turnout/Playbooks")
            for file in [home + "/Playbooks/own.yml", stock + "/next.yml", stock + "/own.yml"] {
                try FileManager.default.createDirectory(
                    atPath: URL(filePath: file).deletingLastPathComponent().path, withIntermediateDirectories: true)
                try Data("stages: []".utf8).write(to: URL(filePath: file))
            }
            let workspace = Workspace(
                environment: ["TURNOUT_HOME": home], workingFolder: home, program: prefix + "/bin/turnout")
            let folder = PlaybookFolder(workspace, workingFolder: home)
            #expect(try folder.path(of: "own") == "Playbooks/own.yml")
            #expect(try folder.path(of: "next") == stock + "/next.yml")
            #expect(try folder.path(of: "next.yml") == stock + "/next.yml")
            #expect(try folder.all() == [stock + "/next.yml", "Playbooks/own.yml"])
            let failure = #expect(throws: ServiceError.self) { try folder.path(of: "other") }
            #expect(failure?.message.contains("in Playbooks or \(stock); there are next, own") == true)

            try FileManager.default.removeItem(atPath: home + "/Playbooks")
            #expect(try folder.path(of: "own") == stock + "/own.yml")
            let other = Workspace(environment: [:], workingFolder: home, program: prefix + "/elsewhere/bin/turnout")
            #expect(other.stock == nil)
        }
    }

    @Test("A state folder with a file that is no journal is diagnosed, not crashed on")
    func brokenJournal() async throws {
        try await withScratchFolder { home in
            let workspace = Self.workspace(home)
            try FileManager.default.createDirectory(atPath: workspace.state, withIntermediateDirectories: true)
            for file in ["turnout.sqlite", "simulated.sqlite"] {
                try Data(repeating: 7, count: 5000).write(to: URL(filePath: "\(workspace.state)/\(file)"))
            }
            let errors = await Doctor(workspace: workspace).look().filter { $0.level == .error }
            #expect(errors.map(\.subject).contains("journal"))
            #expect(errors.map(\.subject).contains("simulated"))
            #expect(errors.allSatisfy { $0.advice != nil })
        }
    }

    /// The files that hold state: not those with which SQLite's readers and writers find each other.
    private static func bytes(in folder: String) throws -> [String: Data] {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix("-shm") }
        return try Dictionary(
            uniqueKeysWithValues: files.map { ($0, try Data(contentsOf: URL(filePath: "\(folder)/\($0)"))) })
    }
}

@Suite("Logs and deletions by hand")
struct HandTests {
    private func lines(_ numbers: Range<Int>) -> [LogLine] {
        numbers.map { LogLine(at: Timestamp(milliseconds: Int64($0 / 2)), text: "line \($0 % 3)") }
    }

    @Test("following a log tells every line once", arguments: [(0, 5), (3, 3), (40, 41), (40, 90)])
    func following(told: Int, written: Int) {
        let news = EndpointLogs.news(in: lines(0..<written), after: lines(0..<told))
        #expect(Array(news) == lines(told..<written))
    }

    @Test("a log that was begun anew is told from its beginning")
    func begunAnew() {
        let fresh = [LogLine(at: Timestamp(milliseconds: 99), text: "hello")]
        #expect(Array(EndpointLogs.news(in: fresh, after: lines(0..<30))) == fresh)
    }

    @Test("a deployment goes alone, after its mirror; an endpoint after all of its traffic")
    func deletions() {
        var endpoint = EndpointSnapshot.blueLive
        endpoint.mirrorTraffic = DesiredAndActual(["green": 10])
        let alone = EndpointDelete.Deleted(endpoint: "houses", deployment: "green")
        #expect(alone.changes(of: endpoint) == [.setMirrorTraffic(.none), .deleteDeployment("green")])
        #expect(alone.words == "deployment green of endpoint houses")
        let blue = EndpointDelete.Deleted(endpoint: "houses", deployment: "blue")
        #expect(blue.changes(of: endpoint) == [.deleteDeployment("blue")])
        let all = EndpointDelete.Deleted(endpoint: "houses")
        #expect(all.changes(of: endpoint) == [.setMirrorTraffic(.none), .setTraffic(.none), .deleteEndpoint])
    }
}
