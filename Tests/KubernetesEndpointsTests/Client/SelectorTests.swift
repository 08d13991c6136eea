import KubernetesEndpoints
import Testing

@Suite("Label selectors") struct SelectorTests {
    @Test("say in the API's words what they match in memory")
    func words() {
        let selector = Selector([
            .equals("app", "houses"), .differs("tier", "db"), .isOneOf("zone", ["a", "b"]), .exists("run"),
            .isAbsent("old"),
        ])
        #expect(selector.description == "app=houses,tier!=db,zone in (a,b),run,!old")
        #expect(selector.matches(["app": "houses", "zone": "a", "run": ""]))
        #expect(!selector.matches(["app": "houses", "zone": "c", "run": ""]))
        #expect(!selector.matches(["app": "houses", "zone": "a"]))
        #expect(!selector.matches(["app": "houses", "zone": "a", "run": "", "old": "1"]))
        #expect(!selector.matches(["app": "houses", "zone": "a", "run": "", "tier": "db"]))
        #expect(Selector.everything.matches([:]))
    }
}
