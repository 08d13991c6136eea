import FoundationEssentials
import Rollouts
import Testing

@Suite("Actions of stages") struct StageActionTests {
    private static let blue = DeploymentDefinition(name: "blue", endpoint: "shop")

    static let actions: [(action: StageAction, json: String)] = [
        (
            .define(EndpointDefinition(name: "shop"), deployment: blue, allTraffic: true),
            #"{"define":{"_0":\#(json(EndpointDefinition(name: "shop"))),"allTraffic":true,"deployment":\#(json(blue))}}"#
        ),
        (
            .define(EndpointDefinition(name: "shop"), deployment: nil, allTraffic: false),
            #"{"define":{"_0":\#(json(EndpointDefinition(name: "shop"))),"allTraffic":false}}"#
        ),
        (.scale("blue", instanceCount: 2), #"{"scale":{"_0":"blue","instanceCount":2}}"#),
        (.deploy(blue), #"{"deploy":{"_0":\#(json(blue))}}"#),
        (
            .invoke(Invocation(deployment: "green", request: InferenceRequest(body: "{}"), times: 2)),
            #"{"invoke":{"_0":{"deployment":"green","expect":{"status":200},"request":{"body":"{}"},"times":2}}}"#
        ),
        (.mirrorTraffic(["green": 10]), #"{"mirrorTraffic":{"_0":{"green":10}}}"#),
        (.mirrorTraffic(.none), #"{"mirrorTraffic":{"_0":{}}}"#),
        (.traffic(["blue": 90, "green": 10]), #"{"traffic":{"_0":{"blue":90,"green":10}}}"#),
        (.deleteDeployment("blue"), #"{"deleteDeployment":{"_0":"blue"}}"#),
        (.deleteEndpoint, #"{"deleteEndpoint":{}}"#),
        (.wait(.seconds(1)), #"{"wait":{"_0":1000}}"#),
        (
            .run(Command(words: ["echo", "hi"], deployment: "green")),
            #"{"run":{"_0":{"deployment":"green","environment":{},"idempotent":false,"words":["echo","hi"]}}}"#
        ),
    ]

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return "not JSON" }
        return String(decoding: data, as: UTF8.self)
    }

    @Test("P15 are kept as every journal so far has them, byte by byte", arguments: actions.indices)
    func journal(index: Int) throws {
        let (action, json) = Self.actions[index]
        #expect(Self.json(action) == json)
        #expect(try JSONDecoder().decode(StageAction.self, from: Data(json.utf8)) == action)
    }

    @Test("of every kind are among those that the journal is tested with")
    func kinds() {
        #expect(Set(Self.actions.map(\.action.kind)) == Set(StageAction.Kind.allCases))
    }

    @Test("one of a later version is refused")
    func unknown() {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(StageAction.self, from: Data(#"{"annotate":{"_0":{}}}"#.utf8))
        }
    }

    @Test("what an action creates, uses, deletes and asks for follows from its changes")
    func derived() {
        let define = Self.actions[0].action
        #expect(define.endpoint?.name == "shop" && define.deployment == Self.blue && define.usedDeployments.isEmpty)
        #expect(define.liveTraffic == ["blue": 100] && define.mirrorTraffic == nil)
        #expect(StageAction.traffic(["blue": 90, "green": 10]).usedDeployments == ["blue", "green"])
        #expect(StageAction.mirrorTraffic(.none).mirrorTraffic == Traffic.none)
        #expect(StageAction.deleteDeployment("blue").deletedDeployment == "blue")
        #expect(StageAction.deleteEndpoint.deletesEndpoint && StageAction.deleteEndpoint.liveTraffic == Traffic.none)
        #expect(StageAction.wait(.zero).liveTraffic == nil && !StageAction.wait(.zero).touchesEndpoint)
    }

    @Test("actions of different kinds with equal values differ")
    func equality() {
        #expect(StageAction.traffic(["green": 10]) != .mirrorTraffic(["green": 10]))
        #expect(StageAction.deleteDeployment("blue") == .deleteDeployment("BLUE"))
    }
}
