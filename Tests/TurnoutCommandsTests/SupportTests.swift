import ArgumentParser
import AzureEndpoints
import Foundation
import RolloutEngine
import Rollouts
import Testing

@testable import TurnoutCommands
import RolloutService

@Suite struct BackendSelectionTests {
    @Test(
        "names, the variable, and what neither is",
        arguments: [
            (nil, nil, "local"), ("local", "simulated", "local"), ("simulated:managed", nil, "simulated"),
            ("simulated:kubernetes", "azure", "simulated:kubernetes"),
            (nil, "simulated:kubernetes", "simulated:kubernetes"),
            ("azure", nil, "azure"), ("kubernetes", nil, "kubernetes"), ("kubernets", nil, nil), (nil, "simulted", nil),
            ("local:kubernetes", nil, nil),
        ] as [(String?, String?, String?)])
    func names(option: String?, variable: String?, name: String?) {
        let environment = variable.map { ["TURNOUT_BACKEND": $0] } ?? [:]
        do throws(CommandFailure) {
            #expect(try BackendFlags.selection(named: option, environment: environment).name == name)
        } catch {
            #expect(name == nil)
            #expect(error.status == .usage)
        }
    }

    @Test("a workspace's flags go before the playbook, and a run's own workspace before both")
    func workspace() throws {
        let flags = try BackendFlags.parse(["--backend", "azure", "-g", "flag-group", "-w", "flag-workspace"])
        let selection = try flags.selection()
        let settled = selection.settled(["subscription": "book-sub", "workspace": "book-workspace"])
        #expect(settled["subscription"] == "book-sub")
        #expect(settled["resource_group"] == "flag-group" && settled["workspace"] == "flag-workspace")
        let plan = Plan(
            playbook: "p", backend: "azure", endpoint: "e", backendSettings: settled, stages: StageList([]))
        let resumed = try Composition.current.backends.selection(of: plan).settled([
            "workspace": "edited", "subscription": "edited",
        ])
        #expect(resumed["workspace"] == "flag-workspace" && resumed["subscription"] == "book-sub")
        #expect(try BackendFlags.selection(named: "local").settled(["simulate": [:]]) == ["simulate": [:]])
    }

    @Test("a workspace's flags are for azure alone")
    func misplaced() {
        for name in ["local", "simulated"] {
            let error = #expect(throws: CommandFailure.self) {
                try BackendFlags.parse(["--backend", name, "--workspace-name", "w"]).selection()
            }
            #expect(error?.status == .usage)
        }
    }
}
