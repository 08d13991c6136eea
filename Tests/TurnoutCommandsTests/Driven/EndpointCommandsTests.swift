import Foundation
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite("Commands on endpoints, in process")
struct EndpointCommandsTests {
    @Test("without an endpoint there is nothing to show, and the sentence says where")
    func none() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("endpoint list", leaves: .finished).expect("There are no endpoints on scripted yet.")
            await bench.type("endpoint show", leaves: .usage).expect(
                "there is no endpoint on scripted yet", inErrors: true)
        }
    }

    @Test("list and show, for people and as JSON")
    func looking() async throws {
        try await CommandBench.with { bench async throws in
            await bench.serve()
            await bench.type("endpoint list", leaves: .finished)
                .expect("ENDPOINT", "shop", "Succeeded", "{blue: 100}", "none", "blue 1/1")
            let list = try await bench.type("endpoint list --json", leaves: .finished).document() as? [[String: Any]]
            #expect(list?.first?["auth_mode"] as? String == "key")
            await bench.type("endpoint show", leaves: .finished)
                .expect("shop Succeeded, managed, auth mode key", "traffic blue  100 %", "DEPLOYMENT", "blue", "1/1")
            let shown =
                try await bench.type("endpoint show shop --json", leaves: .finished).document() as? [String: Any]
            #expect(shown?["endpoint"] is [String: Any])
            await bench.type("endpoint show shp", leaves: .usage)
                .expect("there is no endpoint 'shp' on scripted; did you mean 'shop'?", inErrors: true)
        }
    }

    @Test("traffic and instances are set by hand within the rules")
    func changing() async throws {
        try await CommandBench.with { bench async throws in
            await bench.serve()
            await bench.type("endpoint traffic --set blue=50", leaves: .usage)
                .expect("the shares sum to 50 %", inErrors: true)
            await bench.type("endpoint traffic --set blu=100", leaves: .usage)
                .expect("has no deployment 'blu'; did you mean 'blue'?", inErrors: true)
            await bench.type("endpoint scale --deployment blue --instances 3", leaves: .finished)
                .expect("scale blue to 3 instances: done")
            #expect(try bench.snapshot()?.deployment("blue")?.instances.ready == 3)
            await bench.type("endpoint scale --deployment green --instances 3", leaves: .usage)
                .expect("endpoint shop has no deployment 'green'; it has blue", inErrors: true)
            await bench.type("endpoint delete --deployment blue --yes", leaves: .failed)
                .expect("non-zero traffic weight", inErrors: true)
            await bench.type("endpoint delete", leaves: .usage)
                .expect("endpoint shop was not deleted: use --yes if standard input is not a terminal", inErrors: true)
            let traffic = try await bench.type("endpoint traffic --set blue=0 --json", leaves: .finished).document()
            #expect((traffic as? [String: [String: Any]])?["traffic"]?["actual"] as? [String: Int] == [:])
            await bench.type("endpoint delete --yes", leaves: .finished).expect("endpoint shop is deleted")
            #expect(try bench.snapshot() == nil)
        }
    }

    @Test("requests are answered as the script says, and one that is not leaves with 1")
    func invoking() async throws {
        try await CommandBench.with { bench async throws in
            await bench.serve()
            await bench.type("endpoint invoke --data {} --times 3 --deployment blue", leaves: .finished)
                .expect("3 × 200 from blue, median 20 ms, worst 20 ms", "predictions", "3 of 3 answered 200")
            bench.backend.edit { script in
                script.response = { InferenceResponse(status: 503, body: "busy", latency: .zero, deployment: $0) }
            }
            let answers = try await bench.type("endpoint invoke --data {} --json", leaves: .failed).document()
            #expect((answers as? [[String: Any]])?.first?["status"] as? Int == 503)
        }
    }

    @Test("a log's last lines, for people and as an object a line")
    func logs() async throws {
        try await CommandBench.with { bench async throws in
            await bench.serve()
            bench.backend.edit { script in
                script.logs = ["loaded", "ready"].map { LogLine(at: .sample, instance: "instance-0", text: $0) }
            }
            await bench.type("endpoint logs --deployment blue", leaves: .finished)
                .expect("2026-11-22 10:00:00 instance-0  loaded", "ready")
            let lines = try await bench.type("endpoint logs --deployment blue --tail 1 --json", leaves: .finished)
                .objects()
            #expect(lines.map { $0["text"] as? String } == ["ready"])
        }
    }

    @Test("a backend without keys or a history says so in a sentence, with 64")
    func refused() async throws {
        try await CommandBench.with { bench async throws in
            await bench.serve()
            let history = await bench.type("endpoint history", leaves: .usage)
            history.expect(
                "the backend scripted keeps no history; `turnout events` shows that of a run", inErrors: true)
            await bench.type(try #require(history.named.first), leaves: .finished).expect("run.started")
            await bench.type("endpoint keys", leaves: .usage).expect("the backend scripted has no keys", inErrors: true)
        }
    }

    @Test("while a runner works on the endpoint, a change by hand leaves with 13, unless it is forced")
    func taken() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo", leaves: .waitingForPerson)
            let other = bench.journal.openAgain()
            _ = try other.acquireLease(on: try bench.record().leaseKey, for: CommandBench.run, takeOver: false)
            await bench.type("endpoint scale --deployment blue --instances 2", leaves: .notOurs)
                .expect("scripted/shop is leased to run demo-1", inErrors: true)
            await bench.type("endpoint scale --deployment blue --instances 2 --force", leaves: .finished)
                .expect("is running demo-1 on shop and will see this change as drift", inErrors: true)
        }
    }

    @Test("P21: no run is offered for resumption where a change by hand is under way")
    func byHand() async throws {
        try await CommandBench.with { bench async throws in
            let other = bench.journal.openAgain()
            let key = LeaseKey(backend: "scripted", endpoint: CommandBench.endpoint)
            let lease = try other.acquireLease(on: key, for: .byHand, takeOver: false)
            let refused = await bench.type("run demo", leaves: .notOurs)
            refused.expect("scripted/shop is being changed manually: process", "wait for it", inErrors: true)
            #expect(refused.named.isEmpty && refused.offers.isEmpty)
            try other.release(lease)
            await bench.type("run demo", leaves: .waitingForPerson)
        }
    }
}
