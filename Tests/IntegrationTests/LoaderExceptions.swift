/// Where Turnout and Azure's own loader differ over a file on purpose, each with its reason.
enum LoaderExceptions {
    /// Files that the loader takes and Turnout refuses when the file is read.
    static let refused: [(line: String, reason: String)] = [
        ("name: ''", "the loader takes a deployment without a name, which cannot be addressed"),
        ("endpoint_name: ''", "nor can the endpoint without a name that it is to belong to"),
    ]

    /// Situations of loader_oracle.py about which they differ.
    static let situations: [String: String] = [
        "set tag": "a Python set has no order, so its text is another in each process",
        "omap tag": "tags for Python's own collections are refused; no sample or document has them",
        "pairs tag": "as an ordered map",
        "value of a mapping": "YAML 1.1's default value of a mapping, which no document of Azure mentions",
        "recursive": "a value inside itself has no JSON to be sent as",
        "deep": "a file is read up to 64 levels deep",
        "environment file": "`file:` in place of an environment is not documented for deployments",
        "33 bits": "the wire's integers have 32 bits",
        "merge order": "in a list of merges the first wins, as YAML says; PyYAML changed its mind in 6.0.4",
    ]

    /// Rules of plans that refuse a file which can be read, because the service refuses what the loader sends.
    static let planRules: [String: String] = [
        "SettingsInRange": "the service refuses times and counts that no server can be run with",
        "InstanceType": "a managed endpoint takes no Kubernetes deployment without an instance type",
    ]
}
