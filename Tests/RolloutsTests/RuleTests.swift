import RolloutTesting
import Rollouts
import Testing

@Suite("Rules about changes")
struct RuleTests {
    /// Blue has all traffic; green is ready; gray is being created; red has failed.
    static let endpoint: EndpointSnapshot = {
        var gray = DeploymentSnapshot(definition: .sample("gray"), state: .creating)
        gray.instances = .init(wanted: 1, ready: 0)
        let red = DeploymentSnapshot(definition: .sample("red"), state: .failed, instances: .init(wanted: 1, ready: 0))
        return .sample(
            traffic: ["blue": 100],
            deployments: [.init(definition: .blue), .init(definition: .green), gray, red])
    }()

    struct Case: CustomTestStringConvertible {
        var change: Change
        var rule: String
        var message: String
        var isTemporary = false
        var kind = EndpointKind.managed
        var endpoint: EndpointSnapshot? = RuleTests.endpoint

        var testDescription: String { "\(rule): \(change)" }
    }

    @Test("refuse with their own sentence", arguments: refused)
    func refuses(_ example: Case) {
        let violation = EndpointModel(kind: example.kind, endpoint: example.endpoint).violation(of: example.change)
        #expect(
            violation
                == Violation(rule: example.rule, message: example.message, isTemporary: example.isTemporary))
    }

    static let refused: [Case] = [
        Case(
            change: .setTraffic(["blue": 100]), rule: "existence",
            message: "there is no endpoint yet: define it before 'traffic {blue: 100}'", endpoint: nil),
        Case(
            change: .setTraffic(["mauve": 100]), rule: "existence",
            message: "endpoint houses has no deployment mauve: deploy it first"),
        Case(
            change: .scale("mauve", instanceCount: 2), rule: "existence",
            message: "endpoint houses has no deployment mauve: deploy it first"),
        Case(
            change: .putEndpoint(EndpointDefinition(name: "ab")), rule: "naming",
            message: "the endpoint name 'ab' must have 3 to 32 characters", endpoint: nil),
        Case(
            change: .putDeployment(.sample("a234567890123456789012345678901234")), rule: "naming",
            message: "the deployment name 'a234567890123456789012345678901234' must have 3 to 32 characters"),
        Case(
            change: .putDeployment(.sample("bl_ue")), rule: "naming",
            message: "the deployment name 'bl_ue' must contain only letters, digits and hyphens"),
        Case(
            change: .putDeployment(.sample("1blue")), rule: "naming",
            message: "the deployment name '1blue' must begin with a letter"),
        Case(
            change: .putDeployment(.sample("blue-")), rule: "naming",
            message: "the deployment name 'blue-' must not end with a hyphen"),
        Case(
            change: .putDeployment(.sample("Violet")), rule: "naming",
            message: "the deployment name 'Violet' must be in lower case on Kubernetes", kind: .kubernetes),
        Case(
            change: .putDeployment(limits(RequestSettings(timeout: .seconds(181)))), rule: "request-limits",
            message: "deployment violet: request_timeout_ms is 181000, but must be 1 to 180000"),
        Case(
            change: .putDeployment(limits(RequestSettings(timeout: .zero))), rule: "request-limits",
            message: "deployment violet: request_timeout_ms is 0, but must be 1 to 180000"),
        Case(
            change: .putDeployment(limits(RequestSettings(maxConcurrentRequestsPerInstance: 0))),
            rule: "request-limits",
            message: "deployment violet: max_concurrent_requests_per_instance must be at least 1"),
        Case(
            change: .putDeployment(limits(RequestSettings(maxQueueWait: .milliseconds(-1)))), rule: "request-limits",
            message: "deployment violet: max_queue_wait_ms must be at least 0"),
        Case(
            change: .scale("blue", instanceCount: 51), rule: "instance-limit",
            message: "deployment blue cannot have 51 instances: the count must be 1 to 50"),
        Case(
            change: .putDeployment(.sample("violet", instances: 0)), rule: "instance-limit",
            message: "deployment violet cannot have 0 instances: the count must be 1 to 50"),
        Case(
            change: .setTraffic(["blue": 90, "green": 9]), rule: "traffic-sum",
            message: "traffic sums to 99 %: it must be 100 or 0"),
        Case(
            change: .setTraffic(["blue": 110, "green": -10]), rule: "traffic-sum",
            message: "the traffic of blue is 110 %: it must be 0 to 100"),
        Case(
            change: .setMirrorTraffic(["green": 51]), rule: "mirror-traffic",
            message: "mirror traffic is 51 %, but must be 0 to 50 %"),
        Case(
            change: .setMirrorTraffic(["green": 10, "gray": 10]), rule: "mirror-traffic",
            message: "traffic can be mirrored to only one deployment, not to {gray: 10, green: 10}"),
        Case(
            change: .setMirrorTraffic(["green": 10]), rule: "mirror-traffic",
            message: "kubernetes does not mirror traffic", kind: .kubernetes),
        Case(
            change: .setMirrorTraffic(["blue": 10]), rule: "exclusive-traffic",
            message: "deployment blue cannot have live traffic (100 %) and mirrored traffic (10 %) at once"),
        Case(
            change: .setTraffic(["blue": 90, "green": 10]), rule: "exclusive-traffic",
            message: "deployment green cannot have live traffic (10 %) and mirrored traffic (20 %) at once",
            endpoint: with { $0.mirrorTraffic = DesiredAndActual(["green": 20]) }),
        Case(
            change: .setTraffic(["green": 100]), rule: "busy",
            message:
                "Cannot change endpoint houses (traffic {green: 100}) because it is in Updating provisioning state.",
            isTemporary: true, endpoint: with { $0.state = .updating }),
        Case(
            change: .deleteDeployment("gray"), rule: "busy",
            message:
                "Cannot change deployment gray (delete deployment gray) because it is in Creating provisioning state.",
            isTemporary: true),
        Case(
            change: .putDeployment(.sample("violet")), rule: "deployment-limit",
            message: "endpoint houses already has 20 deployments (the limit is 20): "
                + "delete one before you deploy violet",
            endpoint: with { $0.deployments = (1...20).map { .init(definition: .sample(Name("blue-\($0)"))) } }),
        Case(
            change: .setTraffic(["gray": 100]), rule: "ready-for-traffic",
            message: "deployment gray cannot be given traffic: it is Creating with 0 of 1 instances ready",
            isTemporary: true),
        Case(
            change: .setMirrorTraffic(["red": 10]), rule: "ready-for-traffic",
            message: "deployment red cannot be given traffic: it is Failed with 0 of 1 instances ready"),
        Case(
            change: .deleteDeployment("blue"), rule: "delete-with-traffic",
            message: "Can't delete deployment [blue] with non-zero traffic weight: it has 100 % of live traffic"),
        Case(
            change: .deleteDeployment("green"), rule: "delete-with-traffic",
            message: "Can't delete deployment [green] with non-zero traffic weight: it has 20 % of mirrored traffic",
            endpoint: with { $0.mirrorTraffic = DesiredAndActual(wanted: .none, actual: ["green": 20]) }),
        Case(
            change: .deleteDeployment("green"), rule: "delete-with-traffic",
            message: "Can't delete deployment [green] with non-zero traffic weight: it has 100 % of live traffic",
            endpoint: with { $0.traffic = DesiredAndActual(wanted: ["blue": 100], actual: ["green": 100]) }),
        Case(
            change: .deleteEndpoint, rule: "delete-with-traffic",
            message: "Can't delete deployment [blue] with non-zero traffic weight: it has 100 % of live traffic"),
    ]

    @Test(
        "accept what keeps them",
        arguments: [
            .putEndpoint(EndpointDefinition(name: "houses", authMode: "aml_token")),
            .putDeployment(.sample("violet", instances: 50)), .putDeployment(.sample("abc")),
            .putDeployment(.sample("a2345678901234567890123456789-32")), .scale("blue", instanceCount: 50),
            .putDeployment(limits(RequestSettings(timeout: .seconds(180)))),
            .setTraffic(["blue": 90, "green": 10]), .setTraffic(.none), .setMirrorTraffic(["green": 50]),
            .setMirrorTraffic(.none), .deleteDeployment("green"), .deleteDeployment("red"), .deleteDeployment("mauve"),
        ] as [Change])
    func accepts(_ change: Change) {
        #expect(EndpointModel(kind: .managed, endpoint: Self.endpoint).violation(of: change) == nil)
    }

    @Test("let a deployment that is no longer ready keep less traffic than it had")
    func less() {
        var endpoint = Self.endpoint
        endpoint.traffic = DesiredAndActual(["blue": 50, "green": 50])
        endpoint.deployments[1].instances.ready = 0
        let model = EndpointModel(kind: .managed, endpoint: endpoint)
        #expect(model.violation(of: .setTraffic(["blue": 90, "green": 10])) == nil)
        #expect(model.violation(of: .setTraffic(["blue": 10, "green": 90]))?.rule == "ready-for-traffic")
    }

    private static func limits(_ settings: RequestSettings) -> DeploymentDefinition {
        var definition = DeploymentDefinition.sample("violet")
        definition.requestSettings = settings
        return definition
    }

    private static func with(_ change: (inout EndpointSnapshot) -> Void) -> EndpointSnapshot {
        var endpoint = endpoint
        change(&endpoint)
        return endpoint
    }
}
