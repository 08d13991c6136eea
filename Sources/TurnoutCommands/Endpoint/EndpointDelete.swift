internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout endpoint delete`: deletes an endpoint with its deployments, or one deployment.
struct EndpointDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an endpoint and its deployments, or one deployment.",
        discussion: """
            Removes the endpoint's live and mirror traffic first. A deployment with live traffic is not deleted; \
            mirroring to a deployment is turned off before it is deleted. Asks for confirmation, unless --yes is \
            given. Exits with 13 while a runner is working on the endpoint, unless --force is given.

            EXAMPLES:
              turnout endpoint delete my-endpoint
              turnout endpoint delete my-endpoint --yes
              turnout endpoint delete --deployment green
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(help: ArgumentHelp("Delete this deployment only.", valueName: "name"))
    var deployment: String?

    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    @Flag(help: "Apply the change even while a runner is working on the endpoint.")
    var force = false

    func run() async throws {
        let deleted = try await arguments.with(.work) { endpoint in
            let target = if let deployment { try await endpoint.deployment(deployment) } else { nil as Name? }
            let deleted = Deleted(endpoint: endpoint.name, deployment: target)
            guard let snapshot = try await endpoint.backend.observe(endpoint.name) else { return deleted }
            let changes = deleted.changes(of: snapshot)
            if !yes { try confirm(deleted, snapshot) }
            _ = try await endpoint.change(changes, stage: "delete", force: force)
            return deleted
        }
        try arguments.options.output.show(deleted.payload) { _ in "\(deleted.words) is deleted" }
    }

    private func confirm(_ deleted: Deleted, _ endpoint: EndpointSnapshot) throws(CommandFailure) {
        guard Composition.current.isAttended() else {
            throw CommandFailure(
                .usage, "\(deleted.words) was not deleted: use --yes if standard input is not a terminal")
        }
        Notices.write("Delete \(deleted.question(endpoint))? Type its name to confirm: ")
        guard readLine() == (deleted.deployment ?? endpoint.name).text else {
            throw CommandFailure(.usage, "\(deleted.words) was not deleted: the name does not match")
        }
    }

    /// What to delete.
    struct Deleted: Hashable {
        var endpoint: Name
        /// Nil for the whole endpoint.
        var deployment: Name?

        var words: String { deployment.map { "deployment \($0) of endpoint \(endpoint)" } ?? "endpoint \(endpoint)" }

        var payload: [String: String] {
            guard let deployment else { return ["deleted": endpoint.text] }
            return ["deleted": deployment.text, "endpoint": endpoint.text]
        }

        /// Returns the changes in order.
        ///
        /// The backend refuses to delete a deployment with live traffic.
        func changes(of snapshot: EndpointSnapshot) -> [Change] {
            var changes: [Change] = []
            guard let deployment else {
                if !snapshot.mirrorTraffic.wanted.isEmpty { changes.append(.setMirrorTraffic(.none)) }
                if !snapshot.traffic.wanted.isEmpty { changes.append(.setTraffic(.none)) }
                return changes + [.deleteEndpoint]
            }
            if snapshot.mirrorTraffic.wanted[deployment] != 0 { changes.append(.setMirrorTraffic(.none)) }
            return changes + [.deleteDeployment(deployment)]
        }

        func question(_ snapshot: EndpointSnapshot) -> String {
            guard deployment == nil else { return words }
            let deployments = snapshot.deployments.map(\.name.text).joined(separator: ", ")
            return "\(words) with \(deployments.isEmpty ? "no deployments" : deployments) and traffic "
                + snapshot.traffic.wanted.words
        }
    }
}
