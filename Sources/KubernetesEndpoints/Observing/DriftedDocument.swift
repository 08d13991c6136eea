internal import Rollouts

/// A deployment's file as the cluster has it now: fields that were changed there have their present values.
///
/// Fields that files can express are written in the file's form, so that the definition can be applied again. All
/// others
/// are under `kubernetes`, by their paths.
struct DriftedDocument {
    private let drift: [(object: String, field: ManifestDrift.Field)]
    private let variables: [String: String]

    static let key = "kubernetes"

    init(of objects: DeploymentObjects) {
        var found: [(String, ManifestDrift.Field)] = []
        func look(_ word: String, _ object: KubernetesObject?, excluding: Set<String> = []) {
            guard let object else { return }
            guard let applied = object.appliedSpec else {
                found.append((word, .lostAnnotation(of: object)))
                return
            }
            let drift = ManifestDrift(applied: applied, live: object, excluding: excluding)
            found += drift.fields.map { (word, $0) }
        }
        // The number of replicas is reported as instances.
        look("Deployment", objects.deployment, excluding: ["replicas"])
        look("Service", objects.service)
        look("HorizontalPodAutoscaler", objects.autoscaler, excluding: ["minReplicas"])
        if objects.deployment["spec", "paused"]?.bool == true {
            found.append(("Deployment", .init(path: "paused", applied: false, live: true)))
        }
        drift = found
        variables = HiddenValues.variables(in: objects.deployment["spec"] ?? [:])
    }

    func document(_ applied: Value) -> Value {
        var document = applied
        for (object, field) in drift {
            let live = field.live ?? .null
            if object == "Deployment", field.path == Self.container + "image" {
                document[path: ["environment", "image"]] = live
            } else if object == "Deployment", let variable = field.path.variable(in: Self.container) {
                document[path: ["environment_variables", variable]] =
                    variables[variable].map(Value.string) ?? field.live
            } else if object == "Deployment", let amount = field.path.amount(in: Self.container) {
                document[path: ["resources", amount.part, amount.name]] = field.live
            } else {
                document[path: [Self.key, "\(object) \(field.place)"]] = live
            }
        }
        return document
    }

    private static let container = "template.spec.containers[\(ContainerManifest.name)]."
}

extension String {
    /// Extracts `X` from `CONTAINERenv[X]`, `CONTAINERenv[X].value` and `CONTAINERenv[X].digest`.
    fileprivate func variable(in container: String) -> String? {
        let prefix = container + "env["
        guard hasPrefix(prefix), let end = lastIndex(of: "]") else { return nil }
        let rest = self[index(after: end)...]
        guard rest.isEmpty || rest == ".value" || rest == ".\(HiddenValues.key)" else { return nil }
        return String(self[index(startIndex, offsetBy: prefix.count)..<end])
    }

    /// Extracts `requests` and `cpu` from `CONTAINERresources.requests.cpu`.
    fileprivate func amount(in container: String) -> (part: String, name: String)? {
        let prefix = container + "resources."
        guard hasPrefix(prefix) else { return nil }
        let parts = dropFirst(prefix.count).split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, ["requests", "limits"].contains(parts[0]) else { return nil }
        return (parts[0], parts[1])
    }
}
