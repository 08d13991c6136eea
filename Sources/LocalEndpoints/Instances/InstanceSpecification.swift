package import Rollouts
package import SimulatedEndpoints

/// What the instances of a deployment are, all alike.
package struct InstanceSpecification: Hashable, Sendable {
    package var endpoint: Name
    package var deployment: Name
    package var count: Int
    package var kind: InstanceKind
    package var environmentVariables: [String: String]
    /// Holds what the deployment needs on disk between its instances: scratch files, sockets.
    package var folder: String
    package var liveness: Probe
    package var readiness: Probe
    /// What its files are: others make other instances, also where their paths are the same.
    package var contents: LocalContents?
    /// How long its instances had been coming up in earlier processes.
    var passed = Interval.zero

    package init(
        endpoint: Name, deployment: Name, count: Int, kind: InstanceKind, environmentVariables: [String: String] = [:],
        folder: String, liveness: Probe = Probe(), readiness: Probe = Probe(), contents: LocalContents? = nil
    ) {
        self.endpoint = endpoint
        self.deployment = deployment
        self.count = count
        self.kind = kind
        self.environmentVariables = environmentVariables
        self.folder = folder
        self.liveness = liveness
        self.readiness = readiness
        self.contents = contents
    }
}

package enum InstanceKind: Hashable, Sendable {
    case simulated(DeploymentProfile)
    /// A scoring script under azureml-inference-server-http.
    case python(PythonServer)
    /// A program that serves HTTP on `$PORT`.
    case command(CommandServer)
    /// A server that already listens; it is probed, and never started or ended.
    case external(ServerAddress)
}

package struct PythonServer: Hashable, Sendable {
    package var code: Code
    /// The model's file or folder, absolute; nil without a model.
    ///
    /// As in the cloud `AZUREML_MODEL_DIR` is a folder that holds a copy of it under its own name, and nothing beside
    /// it: for `path: model-1/model/` a script finds `AZUREML_MODEL_DIR/model/…`.
    package var model: String?
    /// The conda file; nil: nothing but what every server needs is installed.
    package var conda: CondaDocument?
    /// What the playbook says of the Python.
    package var python: PythonChoice
    /// Where environments stand, one for each hash of what is installed in them.
    package var environments: String

    package enum Code: Hashable, Sendable {
        /// The script, relative to the folder of `code_configuration.code`, which is absolute; instances run in copies.
        case folder(String, script: String)
        /// None: the model is MLflow's, and serves itself (``MLflowScript``).
        case mlflow
    }

    package init(
        code: Code, model: String? = nil, conda: CondaDocument? = nil, python: PythonChoice = PythonChoice(),
        environments: String
    ) {
        self.code = code
        self.model = model
        self.conda = conda
        self.python = python
        self.environments = environments
    }

    /// Packages that every such server needs: of each, the first name is installed unless the conda file has one of them.
    var packages: [[String]] {
        code == .mlflow ? [[Self.inferenceServer], ["mlflow", "mlflow-skinny"]] : [[Self.inferenceServer]]
    }

    /// The cloud's image has it; every environment does.
    private static let inferenceServer = "azureml-inference-server-http"
}

package struct CommandServer: Hashable, Sendable {
    /// The program and its arguments; no shell sees them.
    package var arguments: [String]
    /// The playbook's folder, absolute.
    ///
    /// An instance starts in a folder like it (``CommandFolder``); without stored files, in the folder itself.
    package var folder: String
    /// What of the folder is stored; nil where the command names no files.
    package var stored: Stored?
    package var routes: InferenceRoutes

    /// The files that the command names, as they were when the deployment was made.
    package struct Stored: Hashable, Sendable {
        /// The folder that holds them in the emulator's store, absolute; nothing in it changes.
        package var tree: String
        /// Those of them that may be executed, below ``tree``.
        package var executables: [String]
        /// How many folders above the playbook's their root is.
        package var levels: Int

        package init(tree: String, executables: [String] = [], levels: Int = 0) {
            self.tree = tree
            self.executables = executables
            self.levels = levels
        }
    }

    package init(
        arguments: [String], folder: String, stored: Stored? = nil, routes: InferenceRoutes = InferenceRoutes()
    ) {
        self.arguments = arguments
        self.folder = folder
        self.stored = stored
        self.routes = routes
    }
}

/// Paths of `environment.inference_config`.
package struct InferenceRoutes: Hashable, Sendable {
    package var liveness: String
    package var readiness: String
    package var scoring: String

    package init(liveness: String = "/", readiness: String = "/", scoring: String = "/score") {
        self.liveness = liveness
        self.readiness = readiness
        self.scoring = scoring
    }
}

/// When an instance is asked whether it is well, with Azure's defaults (AzureCompatibility.md).
package struct Probe: Hashable, Sendable {
    package var initialDelay: Interval
    package var period: Interval
    package var timeout: Interval
    package var successThreshold: Int
    package var failureThreshold: Int

    package init(
        initialDelay: Interval = .seconds(10), period: Interval = .seconds(10), timeout: Interval = .seconds(2),
        successThreshold: Int = 1, failureThreshold: Int = 30
    ) {
        self.initialDelay = initialDelay
        self.period = period
        self.timeout = timeout
        self.successThreshold = successThreshold
        self.failureThreshold = failureThreshold
    }
}
