/// How an endpoint is served, which decides the rules that it keeps (AzureCompatibility.md).
package enum EndpointKind: String, Codable, Hashable, Sendable, CaseIterable {
    case managed
    case kubernetes

    /// Kubernetes online endpoints have no mirroring.
    package var mirrors: Bool { self == .managed }
}

/// What an endpoint should be, as its file says (AzureCompatibility.md).
package struct EndpointDefinition: Hashable, Sendable, Codable {
    package var name: Name
    /// `key`, `aml_token` or `aad_token`.
    package var authMode: String
    /// The whole file, so that keys which Turnout does not use are kept.
    package var document: Value

    package init(name: Name, authMode: String = "key", document: Value = [:]) {
        self.name = name
        self.authMode = authMode
        self.document = document
    }
}

/// What a deployment should be, as its file says (AzureCompatibility.md).
package struct DeploymentDefinition: Hashable, Sendable, Codable {
    package var name: Name
    package var endpoint: Name
    /// Absent where a Kubernetes deployment uses the cluster's default.
    package var instanceType: String?
    /// Instances wanted, 1 to 50.
    package var instanceCount: Int
    package var requestSettings: RequestSettings
    /// The whole file, so that keys which Turnout does not use are kept.
    package var document: Value
    /// The folder of its file, absolute: what the document's local paths are relative to.
    ///
    /// Nil if the backend takes no files, or the definition was observed. Definitions are equal whatever it is.
    @Uncompared package var folder: String?
    /// Digests of what the local paths led to when the plan was made: by them the files are stored and found again.
    package var contents: LocalContents?
    /// What the playbook says that serves it: one of `{simulate: {PROFILE}}`, `{command: [prog, arg]}` and `{external: URL}`;
    /// beside `command`, the `folder` of the playbook and the `files` that it names.
    ///
    /// As JSON gives it back, so that equal ones are equal. Nil where its own file decides, or the backend starts no
    /// servers.
    package var serving: Value?
    /// What the playbook says of the Python that serves it, with absolute paths: `{program: /opt/python3.12}`.
    ///
    /// Nil where it says nothing, or another server serves it.
    package var python: Value?
    /// What the deployment brings that can serve it, as its files said when the plan was made.
    ///
    /// Nil if it brings nothing of the kind, or the backend shows no servers. Definitions are equal whatever it is.
    @Uncompared package var ownServer: OwnServer?

    package init(
        name: Name, endpoint: Name, instanceType: String? = nil, instanceCount: Int = 1,
        requestSettings: RequestSettings = RequestSettings(), document: Value = [:], folder: String? = nil,
        contents: LocalContents? = nil, serving: Value? = nil, python: Value? = nil, ownServer: OwnServer? = nil
    ) {
        self.name = name
        self.endpoint = endpoint
        self.instanceType = instanceType
        self.instanceCount = instanceCount
        self.requestSettings = requestSettings
        self.document = document
        self.folder = folder
        self.contents = contents
        self.serving = serving
        self.python = python
        self.ownServer = ownServer
    }
}

/// Limits of requests to one deployment, with Azure's defaults (AzureCompatibility.md).
package struct RequestSettings: Hashable, Sendable, Codable {
    /// At most 180 s.
    package var timeout: Interval
    package var maxConcurrentRequestsPerInstance: Int
    package var maxQueueWait: Interval

    package init(
        timeout: Interval = .milliseconds(5000), maxConcurrentRequestsPerInstance: Int = 1,
        maxQueueWait: Interval = .milliseconds(500)
    ) {
        self.timeout = timeout
        self.maxConcurrentRequestsPerInstance = maxConcurrentRequestsPerInstance
        self.maxQueueWait = maxQueueWait
    }
}
