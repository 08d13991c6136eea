internal import Rollouts

/// Written `invoke: {deployment: green, request_file: FILE, times: 20, expect: {status: 200, within: 500ms}}`.
struct InvokeSyntax: ActionSyntax {
    let field = Field(
        "invoke",
        .object(
            ObjectShape(
                "invoke",
                [
                    Field("deployment", .name, "The deployment. Default: the endpoint, as clients see it."),
                    Field(
                        "request_file", .path, required: true, "A JSON file: the body.",
                        example: "samples/sample-request.json"),
                    Field("times", .integer(1...100_000), "How many requests to send. Default: 1."),
                    Field("expect", .object(Self.expect), "What every answer must be."),
                ])),
        "Sends test requests and checks the answers.")

    private static let expect = ObjectShape(
        "expect",
        [
            Field("status", .integer(100...599), "HTTP status. Default: 200."),
            Field("within", .duration(positive: true), "The longest that an answer may take.", example: "500ms"),
            Field("json", .any, "What the JSON body must contain; {} takes any mapping."),
        ])

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        guard let request = reader.files.request(at: node["request_file"]) else { return nil }
        let expect = node["expect"]
        let invocation = Invocation(
            deployment: node["deployment"]?.name, request: request,
            times: node["times"]?.scalar?.value.integer ?? 1,
            expect: Invocation.Expectation(
                status: expect?["status"]?.scalar?.value.integer ?? 200, within: expect?["within"]?.interval,
                json: expect?["json"]?.value))
        return (.invoke(invocation), [reader.deploymentName(node)].compactMap(\.self))
    }
}
