import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("Rules of playbooks")
struct RuleTests {
    @Test("traffic sums to 0 or 100", arguments: ["{blue: 90, green: 20}", "{blue: 10}", "{green: 99}"])
    func trafficSums(traffic: String) {
        expectFindings(
            "TrafficSums", in: Sample.start + "  - {name: split, traffic: ⟦\(traffic)⟧}\n", saying: "traffic sums to")
    }

    @Test("no traffic at all is possible")
    func noTraffic() throws {
        let stages = try Sample.stages(
            Sample.start + "  - {name: none, traffic: {}}\n  - {name: gone, delete: {endpoint: true}}\n")
        #expect(stages.dropLast().last?.action == .traffic(.none))
    }

    @Test("clients that nobody serves for a while, or at the end, are a warning")
    func clientsStayServed() {
        for rest in ["", "  - {name: back, traffic: {blue: 100}}\n"] {
            expectFindings(
                "ClientsStayServed", in: Sample.start + "  - {name: none, ⟦traffic⟧: {}}\n" + rest,
                saying: "no client is served")
        }
        expectFindings(in: Sample.start + "  - {name: none, traffic: {}}\n  - {name: gone, delete: {endpoint: true}}\n")
    }

    @Test("a deployment is created before it is used")
    func createdBeforeUse() {
        expectFindings(
            "CreatedBeforeUse", "CreatedBeforeUse",
            in: Sample.start + """
                  - {name: split, traffic: {blue: 90, ⟦grene⟧: 10}, for: 1m}
                  - {name: scale, scale: {deployment: ⟦red⟧, instance_count: 2}}
                  - {name: again, scale: {deployment: red, instance_count: 3}}

                """, saying: "help: did you mean 'green'?")
    }

    @Test("an endpoint is defined before it is used")
    func definedBeforeUse() {
        expectFindings(
            "CreatedBeforeUse",
            in: """
                name: x
                stages:
                  - {name: early, ⟦traffic⟧: {blue: 100}}
                  - {name: define, define: {endpoint_file: endpoint.yml, deployment_file: blue.yml}}

                """)
    }

    @Test("a playbook without define uses what is there, but not what it deleted")
    func openWorld() {
        expectFindings(
            "CreatedBeforeUse",
            in: Sample.bare + """
                  - {name: switch, traffic: {green: 100}}
                  - {name: delete, delete: {deployment: blue}}
                  - {name: back, traffic: {⟦blue⟧: 100}, approval: {}}

                """)
    }

    @Test("live and mirrored traffic exclude each other")
    func liveOrMirrored() {
        expectFindings(
            "LiveOrMirrored",
            in: Sample.start + """
                  - {name: mirror, mirror_traffic: {⟦blue⟧: 10}}
                  - {name: off, mirror_traffic: {}}

                """)
    }

    @Test("a traffic stage takes the deployment out of the mirror first")
    func trafficEndsMirror() throws {
        _ = try Sample.stages(
            Sample.start + """
                  - {name: mirror, mirror_traffic: {green: 10}, for: 1m}
                  - {name: canary, traffic: {blue: 90, green: 10}, for: 1m}

                """)
    }

    @Test("the mirror has one target and at most 50 %", arguments: ["{green: 51}", "{green: 10, red: 10}"])
    func mirrorLimit(traffic: String) {
        expectFindings(
            "MirrorLimit",
            in: Sample.start + """
                  - {name: red, deploy: {deployment_file: red.yml}}
                  - {name: mirror, mirror_traffic: ⟦\(traffic)⟧}
                  - {name: off, mirror_traffic: {}}

                """, files: ["red.yml": Sample.deployment("red")])
    }

    @Test("a mirror left on at the end is an error")
    func mirrorLeftOn() {
        expectFindings("MirrorLeftOn", in: Sample.start + "  - {name: mirror, ⟦mirror_traffic⟧: {green: 10}}\n")
    }

    @Test("a deployment with traffic is never deleted")
    func deleteWithTraffic() {
        expectFindings("NoDeleteWithTraffic", in: Sample.start + "  - {name: delete, delete: {deployment: ⟦blue⟧}}\n")
        expectFindings(
            "NoDeleteWithTraffic",
            in: Sample.start + """
                  - {name: mirror, mirror_traffic: {green: 10}}
                  - {name: delete, delete: {deployment: ⟦green⟧}}

                """)
        expectFindings("NoDeleteWithTraffic", in: Sample.start + "  - {name: delete, delete: ⟦{endpoint: true}⟧}\n")
    }

    @Test("what has served is deleted after the last gate")
    func deletesAfterGates() {
        let moved = Sample.start + "  - {name: cut, approval: {required: 1}, traffic: {green: 100}}\n"
        let gate = "  - {name: look, approval: {required: 1}, wait: {for: 1m}}\n"
        expectFindings(
            "DeletesAfterGates", in: moved + "  - {name: drop, delete: {deployment: ⟦blue⟧}}\n" + gate,
            saying: "deleted before the gate of stage 'look'")
        #expect(Sample.plan(moved + gate + "  - {name: drop, delete: {deployment: blue}}\n").findings.isEmpty)
        let unused = "  - {name: drop, delete: {deployment: green}}\n"
        #expect(Sample.plan(Sample.start + unused + gate).findings.isEmpty)
    }

    @Test("a full cut-over without a gate is a warning")
    func cutOver() {
        let cutOver = "  - {name: cut, traffic: {⟦green⟧: 100}}\n"
        expectFindings("CutOverHasGate", in: Sample.start + cutOver, saying: "warning:")
        expectFindings(
            "CutOverHasGate", in: Sample.start + "  - {name: part, traffic: {blue: 1, green: 99}}\n" + cutOver)
        let redeployed =
            "  - {name: test, invoke: {deployment: green, request_file: request.json}}\n"
            + "  - {name: again, deploy: {deployment_file: green.yml}}\n"
        expectFindings("CutOverHasGate", in: Sample.start + redeployed + cutOver)
    }

    @Test(
        "each gate before a full cut-over is enough",
        arguments: [
            "  - {name: cut, approval: {}, traffic: {green: 100}}\n",
            "  - {name: t, invoke: {deployment: green, request_file: request.json}}\n  - {name: c, traffic: {green: 100}}\n",
            "  - {name: p, traffic: {blue: 9, green: 91}, for: 1m}\n  - {name: c, traffic: {green: 100}}\n",
            "  - {name: p, mirror_traffic: {green: 9}}\n  - {name: w, wait: {for: 1m}}\n  - {name: c, traffic: {green: 100}}\n",
        ])
    func gates(stages: String) throws {
        _ = try Sample.stages(Sample.start + stages)
    }

    @Test("names keep Azure's rules, and Kubernetes' on Kubernetes")
    func names() {
        let playbook = Sample.bare + "  - {name: all, traffic: {⟦b⟧: 50, ⟦2nd⟧: 50}}\n"
        expectFindings("ValidNames", "ValidNames", in: playbook)
        expectFindings("ValidNames", in: Sample.bare + "  - {name: all, traffic: {⟦Blue⟧: 100}}\n", .kubernetes())
        expectFindings("ValidNames", in: "name: x\nendpoint: ⟦my_endpoint⟧\nstages: [{name: a, traffic: {}}]\n")
    }

    @Test("a stage that the backend cannot do is an error unless it is skipped")
    func backendCanDoIt() throws {
        let mirror = "  - {name: mirror, ⟦mirror_traffic⟧: {green: 10}}\n  - {name: off, mirror_traffic: {}}\n"
        expectFindings(
            "BackendCanDoIt", in: Sample.bare + mirror, .kubernetes(), saying: "kubernetes does not mirror traffic")
        let skipped = "  - {name: mirror, when: \"${{ backend.mirroring }}\", mirror_traffic: {green: 10}}\n"
        let stages = try Sample.stages(Sample.bare + skipped, .kubernetes())
        #expect(stages.first?.skip == "kubernetes does not mirror traffic")
    }

    @Test("instances have limits")
    func limits() {
        expectFindings(
            "EndpointLimits", in: Sample.start + "  - {name: s, scale: ⟦{deployment: blue, instance_count: 51}⟧}\n")
    }

    @Test("what is wrong with one stage does not hide what is wrong with another")
    func independence() {
        expectFindings(
            "TrafficSums", "UnknownKey", "UnknownKey", "TrafficSums",
            in: Sample.start + """
                  - {name: a, traffic: ⟦{blue: 1}⟧}
                  - {name: b, scale: {deployment: blue, instance_count: 2, ⟦instances⟧: 3}}
                  - {name: c, ⟦trafic⟧: {blue: 1}}
                  - {name: d, traffic: ⟦{blue: 2}⟧}
                  - {name: e, delete: {deployment: blue}}

                """)
    }
}
