internal import ArgumentParser
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// `turnout endpoint invoke`: sends requests to an endpoint, as clients do, or to one deployment.
struct EndpointInvoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke", abstract: "Send requests to an endpoint, or to one of its deployments.",
        discussion: """
            Without --deployment, requests are routed by the endpoint's traffic. The body is --data, the file of \
            --request or, without either, standard input. Exits with 1 if any status is not 200.

            EXAMPLES:
              turnout endpoint invoke --data '{"data": [[1, 2, 3]]}'
              turnout endpoint invoke --deployment green --request Playbooks/samples/sample-request.json --times 20
              echo '{}' | turnout endpoint invoke my-endpoint --json
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(
        help: ArgumentHelp("The deployment to call. Default: as the traffic is routed.", valueName: "name"),
        completion: .custom { _, _, _ in Completions.deployments() })
    var deployment: String?

    @Option(help: ArgumentHelp("A file with the request body.", valueName: "file"))
    var request: String?

    @Option(help: ArgumentHelp("The request body.", valueName: "json"))
    var data: String?

    @Option(help: ArgumentHelp("The number of requests, 1 to 10000.", valueName: "n"))
    var times = 1

    func validate() throws {
        guard request == nil || data == nil else { throw ValidationError("--request and --data cannot be combined") }
        guard (1...10_000).contains(times) else { throw ValidationError("--times must be from 1 to 10000") }
    }

    func run() async throws {
        let body = InferenceRequest(body: try body())
        let answers = try await arguments.with(.work) { endpoint in
            let (open, name) = (endpoint.session, endpoint.name)
            var target: Name?
            if let deployment { target = try await endpoint.deployment(deployment) }
            if !open.isVirtual { try await endpoint.waitForServers(of: target) }
            var answers: [Answer] = []
            for _ in 1...times {
                answers.append(Answer(try await open.backend.invoke(name, deployment: target, body)))
            }
            return answers
        }
        try arguments.options.output.show(answers) { Self.text(answers, $0) }
        guard answers.allSatisfy({ $0.status == 200 }) else { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func body() throws(CommandFailure) -> String {
        if let data { return data }
        guard let request else {
            var text = ""
            while let line = readLine(strippingNewline: false) { text += line }
            return text
        }
        do {
            return try String(contentsOfFile: request, encoding: .utf8)
        } catch {
            throw CommandFailure(.usage, "cannot read \(request): \(Self.words(for: error))")
        }
    }

    private static func words(for error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "the file does not exist"
        case .fileReadNoPermission: "permission denied"
        case .fileReadInapplicableStringEncoding: "it is not UTF-8 text"
        default: "\(error)"
        }
    }

    struct Answer: Encodable {
        var status: Int
        var body: String
        var latencyMilliseconds: Int64
        /// The deployment that answered; null if none did.
        var deployment: Name?

        private enum CodingKeys: String, CodingKey {
            case status, body, deployment
            case latencyMilliseconds = "latency_milliseconds"
        }

        init(_ response: InferenceResponse) {
            status = response.status
            body = response.body
            latencyMilliseconds = response.latency.milliseconds
            deployment = response.deployment
        }
    }

    /// Formats the answers, grouped by deployment and status, with the first body of each group.
    static func text(_ answers: [Answer], _ terminal: Terminal) -> String {
        let groups = Dictionary(grouping: answers) { "\($0.deployment?.text ?? "no deployment") \($0.status)" }
        var lines: [String] = []
        for (_, group) in groups.sorted(by: { $0.key < $1.key }) {
            guard let first = group.first else { continue }
            let latencies = group.map(\.latencyMilliseconds).sorted()
            let worst = latencies.last ?? 0
            let count = group.count == 1 ? "" : "\(group.count) × "
            let time =
                group.count == 1 ? "\(worst) ms" : "median \(latencies[latencies.count / 2]) ms, worst \(worst) ms"
            let tint: Style.Tint = first.status == 200 ? .green : .red
            lines.append(
                count + terminal.style("\(first.status)", tint)
                    + " from \(first.deployment?.text ?? "no deployment"), \(time)"
            )
            lines.append("  " + first.body.printable)
        }
        guard answers.count > 1 else { return lines.joined(separator: "\n") }
        let good = answers.count { $0.status == 200 }
        return (lines + ["", "\(good) of \(answers.count) answered 200"]).joined(separator: "\n")
    }
}
