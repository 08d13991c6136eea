internal import Rollouts

/// Reads `invoke: {deployment: green, request_file: FILE, times: 20, expect: {status: 200, within: 500ms}}`.
struct InvokeSyntax: ActionSyntax {
    let field = Field(
        "invoke",
        .object(
            ObjectShape(
                "invoke",
                [
                    Field(
                        "deployment", .name,
                        "Name of the deployment to call directly. Default: the endpoint, as clients call it."),
                    Field(
                        "request_file", .path, required: true, "Path of a JSON file with the request body.",
                        example: "samples/sample-request.json"),
                    Field("times", .integer(1...100_000), "Number of requests to send, 1 to 100000. Default: 1."),
                    Field("expect", .object(Self.expect), "What every response must satisfy."),
                ])),
        "Sends test requests and checks the responses.")

    private static let expect = ObjectShape(
        "expect",
        [
            Field("status", .integer(100...599), "HTTP status, 100 to 599. Default: 200."),
            Field(
                "within", .duration(positive: true), "Longest time that a response may take. Default: no limit.",
                example: "500ms"),
            Field(
                "json", .any, "JSON that the response body must contain; `{}` accepts any object. Default: any body."),
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
