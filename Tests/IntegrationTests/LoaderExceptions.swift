/// Where Turnout and Azure's own loader differ over a file on purpose, each with its reason.
enum LoaderExceptions {
    /// Files that the loader takes and Turnout refuses when the file is read.
    static let refused: [(line: String, reason: String)] = [
        ("name: ''", "the loader takes a deployment without a name, which cannot be addressed"),
        ("endpoint_name: ''", "nor can the endpoint without a name that it is to belong to"),
    ]

    /// Rules of plans that refuse a file which can be read, because the service refuses what the loader sends.
    static let planRules: [String: String] = [
        "SettingsInRange": "the service refuses times and counts that no server can be run with",
        "InstanceType": "a managed endpoint takes no Kubernetes deployment without an instance type",
    ]
}
