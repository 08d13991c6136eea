/// A playbook with its inputs filled in for one backend and one endpoint, which determines exactly what will be done.
package struct Plan: Sendable {
    package var playbook: String
    package var description: String?
    /// The backend as the user specified it, such as `simulated` or `simulated:kubernetes`.
    package var backend: String
    package var endpoint: Name
    package var inputs: [String: Value]
    /// The requests to simulate if the backend has no real clients.
    package var load: Load?
    /// The playbook's `backends.NAME` mapping with its expressions evaluated; `null` if there is none.
    package var backendSettings: Value
    /// All files that the plan was made from, beginning with the playbook.
    package var files: [File]
    package var stages: StageList
    /// The values of `${{ live }}` and `${{ candidate }}`, or `nil` if the playbook uses neither.
    package var roles: Roles?
    /// The files of deployments (code, models, environments, commands), recorded to detect later changes.
    package var sources: [Source] = []

    /// A deployment's file when the plan was made; its contents are not part of the plan.
    package struct Source: Hashable, Sendable, Codable {
        /// The path as shown to people, such as `src/score.py`.
        package var path: String
        /// A value that differs after a change: a digest, or the size and times of a large file.
        package var mark: String

        package init(path: String, mark: String) {
            self.path = path
            self.mark = mark
        }
    }

    /// A file when the plan was made.
    package struct File: Hashable, Sendable, Codable {
        /// The path as written, relative to the playbook's folder; for the playbook, its own path.
        package var path: String
        /// SHA-256 of the file's contents in lowercase hexadecimal.
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
    /// The request rate per second.
    package var rate: Double
    /// The request that the clients send.
    package var request: InferenceRequest

    package init(rate: Double, request: InferenceRequest) {
        self.rate = rate
        self.request = request
    }
}

extension Plan {
    /// The last traffic that the stages request, or `nil` if none of them sets traffic.
    ///
    /// Skipped stages do not count.
    package var lastTraffic: Traffic? {
        stages.reversed().lazy.filter { $0.skip == nil }.compactMap(\.action.liveTraffic).first
    }
}
