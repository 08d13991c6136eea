internal import RolloutEngine
internal import Rollouts
internal import Support

/// Lists the Python environments that were built for local deployments, and can remove the unused ones.
struct EnvironmentsDoctor {
    var folder: LocalFolder
    /// Whether unused environments are removed; otherwise they are only listed.
    var cleans: Bool

    private static let subject = "python"

    func look() -> [Diagnosis] {
        do {
            let removed = cleans ? try folder.removeUnusedEnvironments() : []
            return removed.map { Diagnosis(.ok, Self.subject, "removed \($0.path) (\($0.facts))") }
                + (try folder.builtEnvironments().map(diagnosis))
        } catch {
            return [
                Diagnosis(
                    .error, Self.subject, "the environments cannot be listed: \(error)",
                    advice: "make \(folder.environments) readable and writable by your user")
            ]
        }
    }

    private func diagnosis(_ environment: BuiltEnvironment) -> Diagnosis {
        let isHealthy = environment.isUsed || environment.state == .built
        return Diagnosis(
            isHealthy ? .ok : .warning, Self.subject, "\(environment.path): \(environment.facts), \(environment.use)",
            advice: environment.isUsed ? nil : "run `turnout doctor --clean` to remove it", details: environment.details
        )
    }
}

extension BuiltEnvironment {
    /// For example `120 MiB, Python 3.11.7, built by uv`.
    fileprivate var facts: String {
        let size = "\((size + 1_048_575) / 1_048_576) MiB"
        guard state == .built else { return "\(size), \(state.rawValue)" }
        return [size, python.map { "Python \($0)" }].compactMap(\.self).joined(separator: ", ")
            + (provider.map { ", built by \($0)" } ?? "")
    }

    /// The members of the JSON output; `used_by` is the number of deployments.
    fileprivate var details: Value {
        [
            "path": .string(path), "state": .string(state.rawValue), "bytes": .integer(size),
            "python": python.map(Value.string) ?? .null, "provider": provider.map(Value.string) ?? .null,
            "used_by": .integer(users), "has_instances": .bool(isLocked && state != .beingBuilt),
            "last_used": .string(lastUse.description),
        ]
    }

    fileprivate var use: String {
        let deployments = users == 0 ? "no deployment" : users.counted("deployment")
        let instances = isLocked && state != .beingBuilt ? ", instances are running" : ""
        return "last used \(lastUse.zoned), used by \(deployments)\(instances)"
    }
}
