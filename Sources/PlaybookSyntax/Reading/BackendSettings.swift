internal import Rollouts

/// A playbook's settings of one backend.
struct BackendSettings {
    let name: String
    /// The effective settings for a plan; `null` if there are none.
    let value: Value
    private let backends: Node?

    /// Reads the settings of `plugin`; the playbook may have settings of any backend in `all`.
    init(_ backends: Node?, of plugin: any BackendPlugin, among all: [any BackendPlugin]) {
        self.backends = backends
        name = plugin.name
        value = plugin.settings(in: backends?.value ?? .null, among: all)
    }

    /// The mapping `backends.NAME`.
    var own: Node? { backends?[name] }

    /// Returns a finding at the key that `problem` is about, or at the nearest existing key above it.
    func finding(_ problem: SettingsProblem, in source: SourceFile) -> Finding {
        var node = backends
        var span = backends?.headSpan ?? .beginning
        for key in [name] + problem.path {
            if let item = Int(key), let items = node?.items, items.indices.contains(item) {
                span = items[item].span
                node = items[item]
                continue
            }
            guard let member = node?.member(key) else { break }
            span = member.key.span
            node = member.value
        }
        return Finding(
            .error, "BackendSettings", at: Location(source: source, span: span),
            (["backends", name] + problem.path).joined(separator: ".") + " " + problem.message)
    }
}
