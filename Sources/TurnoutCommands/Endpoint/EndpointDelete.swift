internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Deletes an endpoint by hand, with everything behind it.
struct EndpointDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an endpoint and its deployments.",
        discussion: """
            Its mirror and live traffic are taken away first. Asks before it does, unless --yes. Refused with 13 while \
            a runner works on the endpoint, unless --force.

            EXAMPLES:
              turnout endpoint delete my-endpoint
              turnout endpoint delete my-endpoint --yes
            """)

    @OptionGroup var arguments: EndpointArguments

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Go in between although a runner works on the endpoint.")
    var force = false

    func run() async throws {
        let selection = try arguments.options.selection()
        let name = try await arguments.with(.work) { open, name in
            guard let snapshot = try await open.backend.observe(name) else { return name }
            if !yes { try confirm(snapshot) }
            var changes: [Change] = []
            if !snapshot.mirrorTraffic.wanted.isEmpty { changes.append(.setMirrorTraffic(.none)) }
            if !snapshot.traffic.wanted.isEmpty { changes.append(.setTraffic(.none)) }
            let hand = HandChange(
                workspace: Workspace(), selection: selection, open: open, endpoint: name, force: force)
            _ = try await hand.perform(changes + [.deleteEndpoint], stage: "delete")
            return name
        }
        if arguments.options.json {
            print(try JSONText.pretty(["deleted": name.text]))
        } else {
            print("endpoint \(name) is deleted")
        }
    }

    private func confirm(_ endpoint: EndpointSnapshot) throws(CommandFailure) {
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandFailure(
                .usage, "endpoint \(endpoint.name) was left as it is: say --yes where nobody can be asked")
        }
        let deployments = endpoint.deployments.map(\.name.text).joined(separator: ", ")
        Notices.write(
            "Delete endpoint \(endpoint.name) with \(deployments.isEmpty ? "no deployments" : deployments), "
                + "whose traffic is \(endpoint.traffic.wanted.words)? Type its name to go on: ")
        guard readLine() == endpoint.name.text else {
            throw CommandFailure(.usage, "endpoint \(endpoint.name) was left as it is")
        }
    }
}
