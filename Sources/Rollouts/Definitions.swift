/// The kind of an endpoint, which determines the rules that it follows (AzureCompatibility.md).
package enum EndpointKind: String, Codable, Hashable, Sendable, CaseIterable {
    case managed
    case kubernetes

    /// Whether the endpoint supports mirroring; Kubernetes online endpoints do not.
    package var mirrors: Bool { self == .managed }
}

/// The desired state of an endpoint according to its file (AzureCompatibility.md).
package struct EndpointDefinition: Hashable, Sendable, Codable {
    package var name: Name
    /// `key`, `aml_token` or `aad_token`.
    package var authMode: String
    /// The whole file, which preserves keys that Turnout does not use.
    package var document: Value

    package init(name: Name, authMode: String = "key", document: Value = [:]) {
        self.name = name
        self.authMode = authMode
        self.document = document
    }
}

/// The desired state of a deployment according to its file (AzureCompatibility.md).
package struct DeploymentDefinition: Hashable, Sendable, Codable {
    package var name: Name
    package var endpoint: Name
    /// `nil` if a Kubernetes deployment uses the cluster's default.
    package var instanceType: String?
    /// The desired number of instances, 1 to 50.
    package var instanceCount: Int
    package var requestSettings: RequestSettings
    /// The whole file, which preserves keys that Turnout does not use.
    package var document: Value
    /// The absolute path of the folder of the deployment's file, which its local paths are relative to.
    ///
    /// `nil` if the backend takes no files or the definition was observed. Equality ignores it.
    @IgnoredByEquality package var folder: String?
    /// The digests of the contents of the local paths when the plan was made, under which the files are stored.
    package var contents: LocalContents?
    /// How the playbook serves the deployment: `{simulate: {PROFILE}}`, `{command: [prog, arg]}` or `{external: URL}`.
    ///
    /// With `command`, it also has the `folder` of the playbook and the `files` that the command refers to. It is
    /// normalized through JSON so that equal values compare equal. `nil` if the deployment's file decides, or if the
    /// backend starts no servers.
    package var serving: Value?
    /// The playbook's Python settings for the deployment, with absolute paths: `{program: /opt/python3.12}`.
    ///
    /// `nil` if it has none, or if another server serves the deployment.
    package var python: Value?
    /// The part of the deployment that can serve it, according to its files when the plan was made.
    ///
    /// `nil` if it has no such part, or if the backend does not show servers. Equality ignores it.
    @IgnoredByEquality package var ownServer: OwnServer?

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

/// The request limits of one deployment, with Azure's defaults (AzureCompatibility.md).
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
