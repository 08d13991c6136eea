internal import Rollouts

/// What a playbook says under `backends` of the backend that a plan is for.
struct BackendSettings {
    private let backends: Node?
    let name: String

    init(_ backends: Node?, of name: String) {
        self.backends = backends
        self.name = name
    }

    /// The mapping `backends.NAME`.
    var own: Node? { backends?[name] }

    /// What the plan keeps of it; `null` where there is nothing.
    var value: Value { name == "simulated" ? simulation : own?.value ?? .null }

    /// `backends.simulated`; deployments that are simulated on this machine behave alike in it, unless it says otherwise.
    var simulation: Value {
        let simulated = backends?["simulated"]?.value ?? .null
        guard let local = backends?["local"], let profiles = local["simulate"]?.value, simulated["simulate"] == nil
        else { return simulated }
        var shared = ["simulate": profiles.withoutReplacements]
        shared["incidents"] = local["incidents"]?.value
        guard case .mapping(let members) = simulated else { return .mapping(shared) }
        return .mapping(members.merging(shared) { own, _ in own })
    }

    /// A finding at the key that `fault` is about, or at the nearest one around it.
    func finding(_ fault: SettingsFault, in source: SourceFile) -> Finding {
        var node = backends
        var span = backends?.headSpan ?? .beginning
        for key in [name] + fault.path {
            guard let member = node?.members.first(where: { $0.key.text == key }) else { break }
            span = member.key.span
            node = member.value
        }
        return Finding(
            .error, "BackendSettings", at: Location(source: source, span: span),
            (["backends", name] + fault.path).joined(separator: ".") + " " + fault.message)
    }
}

extension Value {
    /// Profiles without the key that only the local backend has: a simulated world has no code to replace.
    fileprivate var withoutReplacements: Value {
        guard case .mapping(let profiles) = self else { return self }
        return .mapping(
            profiles.mapValues { profile in
                guard case .mapping(var members) = profile else { return profile }
                members["replaces_code"] = nil
                return .mapping(members)
            })
    }
}
