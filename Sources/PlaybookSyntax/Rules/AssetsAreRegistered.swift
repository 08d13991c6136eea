internal import RolloutEngine
package import Rollouts

/// Looks registered assets up while a plan is made.
package struct AssetLookup: Sendable {
    package enum Kind: String, Sendable {
        case codes, models, environments

        /// The word for one of them.
        package var word: String {
            switch self {
            case .codes: "code"
            case .models: "model"
            case .environments: "environment"
            }
        }
    }

    package enum Answer: Sendable {
        /// What takes its place in the plan: `azureml:NAME:VERSION`, or an inline environment.
        case means(Value)
        case missing(String, help: String)
        /// Nothing is known of it before the change is made.
        case unknown
    }

    package var answer: @Sendable (Kind, String) -> Answer
    /// Whether what is registered can serve a deployment without code: a model of MLflow, an environment with routes.
    package var isServer: @Sendable (Kind, String) -> Bool = { _, _ in false }

    package init(_ answer: @escaping @Sendable (Kind, String) -> Answer) { self.answer = answer }
}

/// Assets that a deployment names by `azureml:…` are registered, where the backend can tell before anything is changed.
///
/// A label such as `@latest` is replaced by the version that it means now: the plan keeps the version.
enum AssetsAreRegistered {
    static let name = String(describing: Self.self)
}

extension AssetLookup {
    /// Where a deployment names assets.
    fileprivate static let places: [(Kind, [String])] = [
        (.models, ["model"]), (.environments, ["environment"]), (.codes, ["code_configuration", "code"]),
    ]

    /// A deployment's document with what its registered assets mean, as far as that is known.
    func meaning(of document: Value) -> Value {
        var meant = document
        for (kind, path) in Self.places {
            guard let text = document.reference(at: path), case .means(let value) = answer(kind, text) else { continue }
            meant = meant.replacing(path, by: value)
        }
        return meant
    }
}

extension NamedFiles {
    /// Puts what registered assets mean into the definition, and reports what is not registered.
    mutating func resolveAssets(of definition: inout DeploymentDefinition, in document: Document) {
        guard let lookup = assets, definition.serving == nil else { return }
        for (kind, path) in AssetLookup.places {
            guard let text = definition.document.reference(at: path) else { continue }
            switch lookup.answer(kind, text) {
            case .means(let meaning): definition.document = definition.document.replacing(path, by: meaning)
            case .unknown: continue
            case .missing(let message, let help):
                let node = path.reduce(Optional(document.root)) { $0?[$1] } ?? document.root
                report(
                    AssetsAreRegistered.name, location(node, in: document), message, help: help)
            }
        }
    }
}

extension Value {
    /// The name of a registered asset at a path of keys; nil if none is there.
    fileprivate func reference(at path: [String]) -> String? {
        let text = path.reduce(Optional(self)) { $0?[$1] }?.string
        return text.flatMap { $0.lowercased().hasPrefix("azureml:") ? $0 : nil }
    }

    /// With another value at a path of keys.
    fileprivate func replacing(_ path: [String], by value: Value) -> Value {
        guard let key = path.first else { return value }
        return setting(key, to: (self[key] ?? [:]).replacing(Array(path.dropFirst()), by: value))
    }
}
