/// A playbook with its inputs filled in, for one backend and one endpoint: what exactly will be done.
package struct Plan: Sendable {
    package var playbook: String
    package var description: String?
    /// As the user names it: `simulated`, `simulated:kubernetes`.
    package var backend: String
    package var endpoint: Name
    package var inputs: [String: Value]
    /// Requests that are simulated where the backend has no clients of its own.
    package var load: Load?
    /// The playbook's `backends.NAME` mapping, expressions filled in; `null` where it has none.
    package var backendSettings: Value
    /// Every file that the plan was made from, the playbook first.
    package var files: [File]
    package var stages: StageList
    /// What `${{ live }}` and `${{ candidate }}` stand for; nil where the playbook uses neither.
    package var roles: Roles?
    /// The files of deployments (code, models, environments, commands), to say later which of them have changed.
    package var sources: [Source] = []

    /// A file of a deployment when the plan was made; its content is not part of the plan.
    package struct Source: Hashable, Sendable, Codable {
        /// As a person would name it: `src/score.py`.
        package var path: String
        /// Differs after a change: a digest, or size and times of a large file.
        package var mark: String

        package init(path: String, mark: String) {
            self.path = path
            self.mark = mark
        }
    }

    /// A file as it was when the plan was made.
    package struct File: Hashable, Sendable, Codable {
        /// As it was named, relative to the playbook's folder; the playbook itself by its own path.
        package var path: String
        /// Lowercase hexadecimal SHA-256 of its bytes.
        package var digest: String

        package init(path: String, digest: String) {
            self.path = path
            self.digest = digest
        }
    }

    package init(
        playbook: String, description: String? = nil, backend: String, endpoint: Name, inputs: [String: Value] = [:],
        load: Load? = nil, backendSettings: Value = .null, files: [File] = [], stages: StageList,
        roles: Roles? = nil
    ) {
        self.playbook = playbook
        self.description = description
        self.backend = backend
        self.endpoint = endpoint
        self.inputs = inputs
        self.load = load
        self.backendSettings = backendSettings
        self.files = files
        self.stages = stages
        self.roles = roles
    }
}

/// The simulated clients of a playbook.
package struct Load: Hashable, Sendable, Codable {
    /// Requests a second.
    package var rate: Double
    /// The body that they send.
    package var request: InferenceRequest

    package init(rate: Double, request: InferenceRequest) {
        self.rate = rate
        self.request = request
    }
}

extension Plan {
    /// The traffic that its stages ask for last; nil where none of them sets any.
    ///
    /// Stages that the plan leaves out do not count.
    package var lastTraffic: Traffic? {
        stages.reversed().lazy.filter { $0.skip == nil }.compactMap(\.action.liveTraffic).first
    }
}
