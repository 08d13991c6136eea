internal import FoundationEssentials
package import PlaybookSyntax
package import RolloutEngine
package import Rollouts
internal import Support

/// The backends that this build contains.
package struct BackendCatalog: Sendable {
    /// In the order in which they are listed to users; the first is the default.
    package let plugins: [any BackendPlugin]

    package init(_ plugins: [any BackendPlugin]) { self.plugins = plugins }

    /// All names by which users can select a backend.
    package var names: [String] { plugins.flatMap(\.names) }

    /// Returns the backend with the name `word`, for example `simulated` or `simulated:kubernetes`.
    ///
    /// Default: the first plug-in. `options` are settings that take precedence over the playbook's, keyed as in
    /// ``BackendPlugin/options``.
    ///
    /// - Throws: ``ServiceError/Code/notPossible`` if no backend has that name.
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

    /// Returns the backend that `plan` was made for, including its kind.
    ///
    /// The plan's settings take precedence, so an edited playbook or a different environment cannot move a run to
    /// another place.
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
    /// Whether the user named the kind; it then overrides the playbook's.
    fileprivate var isKindNamed: Bool
    fileprivate(set) var options: [String: String]

    /// The name that plans and the journal use.
    ///
    /// Each name stands for a separate set of endpoints.
    package var name: String { plugin.name(of: kind) }

    /// Returns the effective backend settings: command-line options override the playbook's `settings`, which override
    /// the environment.
    ///
    /// A plan stores them so that its run stays on the backend where it began.
    package func settled(_ settings: Value) -> Value { plugin.settled(settings, options: options) }

    /// Returns the same backend with the kind that the playbook at `path` sets (`backends: {simulated: {kind: …}}`).
    ///
    /// Returns `self` if the playbook cannot be read; planning reports why.
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

    /// Returns what the backend can do with a playbook's `settings`, without connecting to it.
    package func capabilities(_ settings: Value = .null) -> Capabilities {
        plugin.capabilities(of: kind, settings: settings)
    }

    /// Returns the lease key of an endpoint that is changed without a plan.
    package func leaseKey(_ endpoint: Name) -> LeaseKey {
        LeaseKey(backend: name, place: plugin.place(of: settled(.null)), endpoint: endpoint)
    }

    package func leaseKey(of plan: Plan) -> LeaseKey {
        LeaseKey(backend: name, place: plugin.place(of: plan.backendSettings), endpoint: plan.endpoint)
    }
}
