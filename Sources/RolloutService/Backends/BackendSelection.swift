internal import FoundationEssentials
package import PlaybookSyntax
package import RolloutEngine
package import Rollouts
internal import Support

/// Every backend of a build.
package struct BackendCatalog: Sendable {
    /// The default first.
    package let plugins: [any BackendPlugin]

    package init(_ plugins: [any BackendPlugin]) { self.plugins = plugins }

    /// All that a user may write.
    package var names: [String] { plugins.flatMap(\.names) }

    /// The backend that `word` names, `simulated` or `simulated:kubernetes`, or the default.
    ///
    /// `options` are settings that go before the playbook's, by ``BackendPlugin/options``.
    package func selection(
        named word: String?, options: [String: String] = [:]
    ) throws(ServiceError) -> BackendSelection {
        let word = word ?? plugins[0].name
        guard let plugin = plugins.first(where: { $0.names.contains(word) }) else {
            let near = didYouMean(word, among: names).map { "; \($0)" } ?? ""
            throw ServiceError(
                .notPossible, "there is no backend '\(word)'\(near)\nthis build has \(names.joined(separator: ", "))")
        }
        let kind = plugin.kinds.first { word == "\(plugin.name):\($0.rawValue)" }
        return BackendSelection(plugin: plugin, kind: kind ?? .managed, isKindNamed: kind != nil, options: options)
    }

    /// The backend of a plan, whose name says the kind too.
    ///
    /// An edited playbook, or another environment, does not lead the run to another place.
    package func selection(of plan: Plan) throws(ServiceError) -> BackendSelection {
        var selection = try selection(named: plan.backend)
        selection.isKindNamed = true
        for option in selection.plugin.options {
            if let text = plan.backendSettings[option]?.string, !text.isEmpty { selection.options[option] = text }
        }
        return selection
    }
}

/// The backend that an operation works with.
package struct BackendSelection: Sendable {
    package let plugin: any BackendPlugin
    package fileprivate(set) var kind: EndpointKind
    /// True where the user named the kind, so that a playbook's own word on it does not count.
    fileprivate var isKindNamed: Bool
    fileprivate(set) var options: [String: String]

    /// As plans and journals name it: one name for one world of endpoints.
    package var name: String { plugin.name(of: kind) }

    /// The playbook's settings of the backend as they count: after options, and before what the environment says.
    ///
    /// A plan holds them so that a run stays where it began.
    package func settled(_ settings: Value) -> Value { plugin.settled(settings, options: options) }

    /// The same backend, of the kind that the playbook at `path` asks for (`backends: {simulated: {kind: …}}`).
    ///
    /// A playbook that cannot be read says nothing here; its findings come when it is planned.
    package func asking(playbook path: String) -> BackendSelection {
        guard !isKindNamed, !plugin.kinds.isEmpty else { return self }
        do throws(FileProblem) {
            let word = try PlaybookSource(path: path).summary.backendKinds[plugin.name]
            guard let word, let kind = EndpointKind(rawValue: word), plugin.kinds.contains(kind) else { return self }
            var asked = self
            asked.kind = kind
            return asked
        } catch {
            return self
        }
    }

    /// What the backend can do, before it is opened, with a playbook's settings of it.
    package func capabilities(_ settings: Value = .null) -> Capabilities {
        plugin.capabilities(of: kind, settings: settings)
    }

    /// Of an endpoint of no plan.
    package func leaseKey(_ endpoint: Name) -> LeaseKey {
        LeaseKey(backend: name, place: plugin.place(of: settled(.null)), endpoint: endpoint)
    }

    package func leaseKey(of plan: Plan) -> LeaseKey {
        LeaseKey(backend: name, place: plugin.place(of: plan.backendSettings), endpoint: plan.endpoint)
    }
}
