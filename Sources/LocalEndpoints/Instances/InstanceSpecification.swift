package import Rollouts
package import SimulatedEndpoints

/// The common specification of a deployment's instances.
package struct InstanceSpecification: Hashable, Sendable {
    package var endpoint: Name
    package var deployment: Name
    package var count: Int
    package var kind: InstanceKind
    package var environmentVariables: [String: String]
    /// The folder for files that the deployment's instances share on disk, such as scratch files and sockets.
    package var folder: String
    package var liveness: Probe
    package var readiness: Probe
    /// Digests of the deployment's files: different contents require new instances even if the paths are equal.
    package var contents: LocalContents?
    /// How long the instances had been starting in earlier processes.
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
    /// A scoring script that azureml-inference-server-http runs.
    case python(PythonServer)
    /// A program that serves HTTP on `$PORT`.
    case command(CommandServer)
    /// A server that already listens; it is probed, but never started or stopped.
    case external(ServerAddress)
}

package struct PythonServer: Hashable, Sendable {
    package var code: Code
    /// The absolute path of the model's file or folder; nil without a model.
    ///
    /// As in the cloud, `AZUREML_MODEL_DIR` is a folder that contains only a copy of the model under the model's name:
    /// for `path: model-1/model/`, a script finds `AZUREML_MODEL_DIR/model/…`.
    package var model: String?
    /// The conda file; nil means that only the packages that every server needs are installed.
    package var conda: CondaDocument?
    /// The playbook's settings for Python.
    package var python: PythonChoice
    /// The folder of environments; each is named by a hash of the packages that are installed in it.
    package var environments: String

    package enum Code: Hashable, Sendable {
        /// The absolute path of `code_configuration.code`, and the script relative to it; instances run in copies.
        case folder(String, script: String)
        /// There is no code: an MLflow model serves itself (``MLflowScript``).
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

    /// Packages that every Python server needs, each as a list of alternatives.
    ///
    /// The first alternative is installed unless the conda file contains one of them.
    var packages: [[String]] {
        code == .mlflow ? [[Self.inferenceServer], ["mlflow", "mlflow-skinny"]] : [[Self.inferenceServer]]
    }

    /// Installed in every environment, as in the cloud's image.
    private static let inferenceServer = "azureml-inference-server-http"
}

package struct CommandServer: Hashable, Sendable {
    /// The program and its arguments, which are not interpreted by a shell.
    package var arguments: [String]
    /// The absolute path of the playbook's folder.
    ///
    /// An instance starts in a mirror of it (``CommandFolder``), or without stored files in the folder itself.
    package var folder: String
    /// The stored files of the folder; nil if the command names no files.
    package var stored: Stored?
    package var routes: InferenceRoutes

    /// The files that the command names, as they were when the deployment was created.
    package struct Stored: Hashable, Sendable {
        /// The absolute path of the folder in the emulator's store that contains the files; it never changes.
        package var tree: String
        /// The paths below ``tree`` of the files that are executable.
        package var executables: [String]
        /// How many levels above the playbook's folder the root of the files is.
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

/// The routes of `environment.inference_config`.
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

/// The settings of a probe, with Azure's defaults (AzureCompatibility.md).
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
