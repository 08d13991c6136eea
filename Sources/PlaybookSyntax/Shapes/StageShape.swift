internal import Rollouts

extension ObjectShape {
    /// A stage: its name, one action, and what must hold before it is left.
    static let stage = ObjectShape(
        "a stage", oneOf: StageAction.Kind.allCases.map(\.rawValue),
        [
            Field(
                "name", .pattern(.stageName), required: true, "Unique in the playbook.", example: "deploy-green",
                expressions: false),
            Field(
                "when", .condition, "The stage is skipped where this is false.",
                example: "${{ backend.mirroring }}"),
            Field("approval", .object(.approval), "People who must say yes before the stage acts."),
            Field("for", .duration(), "How long the stage is held and watched after its action.", example: "10m"),
            Field(
                "timeout", .duration(positive: true), "How long one attempt of the action may take.",
                example: "30m"),
            Field("retry", .object(.retry), "How often the action is tried."),
            Field(
                "on_failure", .choice(FailurePolicy.allCases.map(\.rawValue)),
                "What becomes of the run when the stage fails for good: roll_back unless it says otherwise."),
            Field("analysis", .object(.analysis), "Live evidence that decides when the stage is left, and whether."),
        ] + actions)

    private static let actions = [
        Field("define", .object(.define), "Defines the endpoint, and its first deployment if one is named."),
        Field("scale", .object(.scale), "Changes a deployment's number of instances."),
        Field("deploy", .object(.deploy), "Creates or updates a deployment; a new one takes no traffic."),
        Field("invoke", .object(.invoke), "Sends test requests and checks the answers."),
        Field(
            "mirror_traffic", .mapping(.percent, names: true),
            "Copies this percent of live requests to one deployment; {} stops it.", example: "{green: 10}"),
        Field(
            "traffic", .mapping(.percent, names: true),
            "Live traffic in percent by deployment, the sum 100 or 0; one that is not named gets 0.",
            example: "{blue: 90, green: 10}"),
        Field("delete", .object(.delete), "Deletes a deployment, or the endpoint with its deployments."),
        Field("wait", .object(.wait), "Waits."),
        Field("run", .object(.run), "Runs a program, without a shell."),
    ]

    static let define = ObjectShape(
        "define",
        [
            Field(
                "endpoint_file", .path, required: true, "The endpoint in Azure ML's YAML form.",
                example: "samples/endpoint.yml"),
            Field("deployment_file", .path, "The first deployment in Azure ML's YAML form."),
            Field("all_traffic", .boolean, "True gives that deployment all traffic."),
            deploymentName, set,
            Field(
                "endpoint_set", .mapping(.any),
                "Values that take the place of the endpoint file's, by dotted keys, as `az ml online-endpoint create --set`.",
                example: "{auth_mode: aad_token}"),
        ])

    private static let deploymentName = Field(
        "name", .name, "Name of the deployment, or one of the roles; takes the place of the file's.",
        example: "${{ candidate }}")

    private static let set = Field(
        "set", .mapping(.any),
        "Values that take the place of the deployment file's, by dotted keys, as `az ml online-deployment create --set`; paths are relative to that file.",
        example: "{request_settings.request_timeout_ms: 60000, instance_count: 3}")

    static let scale = ObjectShape(
        "scale",
        [
            Field("deployment", .name, required: true, "The deployment.", example: "blue"),
            Field("instance_count", .integer(0...1000), required: true, "Instances, 1 to 50.", example: "2"),
        ])

    static let deploy = ObjectShape(
        "deploy",
        [
            Field(
                "deployment_file", .path, required: true, "The deployment in Azure ML's YAML form.",
                example: "samples/green-deployment.yml"),
            Field("instance_count", .integer(0...1000), "Instances, instead of the file's number."),
            deploymentName, set,
        ])

    static let invoke = ObjectShape(
        "invoke",
        [
            Field("deployment", .name, "The deployment; without it, the endpoint as clients see it."),
            Field(
                "request_file", .path, required: true, "A JSON file: the body.",
                example: "samples/sample-request.json"),
            Field("times", .integer(1...100_000), "How many requests, 1 unless it says otherwise."),
            Field("expect", .object(.expect), "What every answer must be."),
        ])

    static let expect = ObjectShape(
        "expect",
        [
            Field("status", .integer(100...599), "HTTP status, 200 unless it says otherwise."),
            Field("within", .duration(positive: true), "The longest that an answer may take.", example: "500ms"),
            Field("json", .any, "What the JSON body must contain; {} takes any mapping."),
        ])

    static let delete = ObjectShape(
        "delete", oneOf: ["deployment", "endpoint"],
        [
            Field("deployment", .name, "The deployment, which must have no traffic.", example: "blue"),
            Field("endpoint", .boolean, "True deletes the endpoint, which must have no traffic."),
        ])

    static let wait = ObjectShape(
        "wait", [Field("for", .duration(), required: true, "How long.", example: "10m")])

    static let run = ObjectShape(
        "run",
        [
            Field(
                "command", .list(.word, atLeast: 1), required: true,
                "The program and its arguments. A program with a slash is relative to the playbook's folder, which is "
                    + "also the working folder; a bare name is looked up in PATH.",
                example: "[notify, done]"),
            Field("environment", .mapping(.word), "Environment variables to add."),
            Field(
                "deployment", .name,
                "The deployment that the program is told about in TURNOUT_DEPLOYMENT. Default: the candidate.",
                example: "green"),
            Field("idempotent", .boolean, "True where running it twice is harmless, so that a crash runs it again."),
        ])

    static let approval = ObjectShape(
        "approval",
        [
            Field("required", .integer(1...20), "How many people must say yes, 1 unless it says otherwise."),
            Field("instructions", .text, "What they should look at."),
            Field(
                "timeout", .duration(words: ["never"], positive: true),
                "How long is waited for them, 24h unless it says otherwise.",
                example: "24h"),
            Field(
                "on_timeout", .choice(Approval.TimeoutPolicy.allCases.map(\.rawValue)),
                "What becomes of the run then: roll_back unless it says otherwise."),
            Field("starter_may_approve", .boolean, "False bars the person who started the run."),
            Field("group", .text, "The local group that they must be in."),
        ])

    static let retry = ObjectShape(
        "retry",
        [
            Field("attempts", .integer(1...100), "How often it is tried in all.", example: "3"),
            Field("backoff", .duration(), "The wait before the second attempt; it doubles each time.", example: "10s"),
        ])
}
