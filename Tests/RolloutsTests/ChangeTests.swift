import RolloutTesting
import Rollouts
import Testing

@Suite("Change")
struct ChangeTests {
    @Test(
        "requested is not done: every change is done only when it is settled",
        arguments: [
            .putDeployment(.sample("gray", instances: 2)), .scale("blue", instanceCount: 3),
            .setTraffic(["blue": 90, "green": 10]), .setMirrorTraffic(["green": 10]),
            .putEndpoint(EndpointDefinition(name: "houses", authMode: "aml_token")), .deleteDeployment("green"),
        ] as [Change])
    func requested(_ change: Change) throws {
        var model = EndpointModel(kind: .managed, endpoint: .blueLive)
        #expect(!change.isRequested(of: model.endpoint))
        try model.accept(change)
        #expect(change.isRequested(of: model.endpoint))
        #expect(!change.isDone(in: model.endpoint))
        model.settle(change)
        #expect(change.isRequested(of: model.endpoint))
        #expect(change.isDone(in: model.endpoint))
        #expect(change.failure(in: model.endpoint) == nil)
        #expect(model.violation(of: change) == nil)
    }

    @Test("an endpoint is made and deleted")
    func endpoint() throws {
        var model = EndpointModel(kind: .kubernetes)
        #expect(Change.deleteEndpoint.isDone(in: nil))
        try model.accept(.putEndpoint(.sample))
        #expect(model.endpoint?.state == .creating)
        #expect(!Change.putEndpoint(.sample).isDone(in: model.endpoint))
        model.settle(.putEndpoint(.sample))
        #expect(Change.putEndpoint(.sample).isDone(in: model.endpoint))
        try model.accept(.deleteEndpoint)
        #expect(Change.deleteEndpoint.isRequested(of: model.endpoint))
        #expect(!Change.putEndpoint(.sample).isRequested(of: model.endpoint))
        #expect(!Change.deleteEndpoint.isDone(in: model.endpoint))
        model.settle(.deleteEndpoint)
        #expect(model.endpoint == nil)
    }

    @Test("of what is not there, deleting and mirroring nothing are done, the rest is not")
    func nothing() {
        #expect(Change.setMirrorTraffic(.none).isDone(in: nil))
        #expect(Change.deleteDeployment("blue").isDone(in: nil))
        #expect(!Change.setTraffic(.none).isDone(in: nil))
        #expect(!Change.scale("blue", instanceCount: 1).isDone(in: nil))
        #expect(!Change.putDeployment(.blue).isDone(in: nil))
    }

    @Test("a deployment that failed will not become so by waiting, and says why")
    func failure() throws {
        var model = EndpointModel(kind: .managed, endpoint: .blueLive)
        try model.accept(.scale("green", instanceCount: 3))
        model.fail("green", reason: "ResourceNotReady: no instance answered")
        let words = "deployment green is Failed: ResourceNotReady: no instance answered"
        #expect(Change.scale("green", instanceCount: 3).failure(in: model.endpoint) == words)
        #expect(Change.putDeployment(.green).failure(in: model.endpoint) == words)
        #expect(Change.scale("blue", instanceCount: 3).failure(in: model.endpoint) == nil)
        #expect(model.endpoint?.deployment("green")?.instances == .init(wanted: 3, ready: 1, failed: 2))
        model.endpoint?.state = .canceled
        #expect(Change.putEndpoint(.sample).failure(in: model.endpoint) == "endpoint houses is Canceled")
    }

    @Test(
        "is described as a fragment",
        arguments: [
            (.putEndpoint(.sample), "define endpoint houses"), (.putDeployment(.blue), "deploy blue with 1 instance"),
            (.putDeployment(.sample("blue", instances: 2)), "deploy blue with 2 instances"),
            (.scale("blue", instanceCount: 1), "scale blue to 1 instance"),
            (.scale("blue", instanceCount: 3), "scale blue to 3 instances"),
            (.setTraffic(["blue": 90, "green": 10]), "traffic {blue: 90, green: 10}"),
            (.setMirrorTraffic(["green": 10]), "mirror traffic {green: 10}"), (.setMirrorTraffic(.none), "mirror off"),
            (.deleteDeployment("blue"), "delete deployment blue"), (.deleteEndpoint, "delete the endpoint"),
        ] as [(Change, String)])
    func description(_ change: Change, _ text: String) {
        #expect(change.description == text)
    }

    @Test(
        "is the same after coding",
        arguments: [
            .putEndpoint(.sample), .putDeployment(.blue), .scale("blue", instanceCount: 2), .setTraffic(["blue": 100]),
            .setMirrorTraffic(.none), .deleteDeployment("blue"), .deleteEndpoint,
        ] as [Change])
    func coding(_ change: Change) throws {
        #expect(try decoded(Change.self, encoded(change)) == change)
    }
}

@Suite("EndpointModel")
struct EndpointModelTests {
    @Test("a refused change changes nothing")
    func refused() {
        var model = EndpointModel(kind: .managed, endpoint: .blueLive)
        #expect(throws: Violation.self) { try model.accept(.deleteDeployment("blue")) }
        #expect(model.endpoint == .blueLive)
    }

    @Test(
        "what is already so is accepted without becoming busy",
        arguments: [
            .putEndpoint(.sample), .putDeployment(.blue), .scale("blue", instanceCount: 1), .setTraffic(["blue": 100]),
            .setMirrorTraffic(.none), .deleteDeployment("gray"),
        ] as [Change])
    func already(_ change: Change) throws {
        var model = EndpointModel(kind: .managed, endpoint: .blueLive)
        try model.accept(change)
        #expect(model.endpoint == .blueLive)
    }

    @Test("a new deployment takes no traffic, and stands where its name does")
    func new() throws {
        var model = EndpointModel(kind: .managed, endpoint: .blueLive)
        try model.accept(.putDeployment(.sample("cyan", instances: 2)))
        #expect(model.endpoint?.deployments.map(\.name) == ["blue", "cyan", "green"])
        #expect(model.endpoint?.deployment("cyan")?.state == .creating)
        #expect(model.endpoint?.deployment("cyan")?.instances == .init(wanted: 2, ready: 0))
        #expect(model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
    }

    @Test("a deployment that failed is deployed anew by the same definition")
    func anew() throws {
        var model = EndpointModel(kind: .managed, endpoint: .blueLive)
        model.fail("green", reason: "ImageBuildFailure")
        try model.accept(.putDeployment(.green))
        #expect(model.endpoint?.deployment("green")?.state == .updating)
        #expect(model.endpoint?.deployment("green")?.reason == nil)
        model.settle(.putDeployment(.green))
        #expect(model.endpoint?.deployment("green")?.isReady == true)
    }
}
