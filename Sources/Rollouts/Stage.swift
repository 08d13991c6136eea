package import RolloutStatistics

/// One stage of a plan: one action, and what must hold before it is left.
package struct Stage: Hashable, Sendable, Codable {
    package var name: String
    package var action: StageAction
    /// Why the stage is skipped (`when` was false), or nil when it is to be done.
    package var skip: String?
    /// Asked for before the action.
    package var approval: Approval?
    /// How long the stage bakes after its action, while the endpoint is watched.
    package var bake: Interval
    /// Decides by live evidence when the stage is left, instead of ``bake``.
    package var analysis: GateSpecification?
    /// Why the analysis that the stage has is not done here (its `when` was false), so that it bakes instead; or nil.
    package var analysisSkip: String?
    /// How long one attempt may take, from its start until the action is observed to be done (without the bake).
    package var timeout: Interval
    package var retry: Retry
    package var onFailure: FailurePolicy

    package init(
        name: String, action: StageAction, skip: String? = nil, approval: Approval? = nil, bake: Interval = .zero,
        analysis: GateSpecification? = nil, analysisSkip: String? = nil, timeout: Interval? = nil,
        retry: Retry = Retry(),
        onFailure: FailurePolicy = .rollBack
    ) {
        self.name = name
        self.action = action
        self.skip = skip
        self.approval = approval
        self.bake = bake
        self.analysis = analysis
        self.analysisSkip = analysisSkip
        self.timeout = timeout ?? action.kind.defaultTimeout
        self.retry = retry
        self.onFailure = onFailure
    }
}

/// What a stage does; indirect, so that the many small stages of a long plan are not as large as a definition.
package indirect enum StageAction: Hashable, Sendable, Codable {
    /// Defines the endpoint, its first deployment if one is named, and gives that deployment all traffic if asked.
    case define(EndpointDefinition, deployment: DeploymentDefinition?, allTraffic: Bool)
    case scale(Name, instanceCount: Int)
    case deploy(DeploymentDefinition)
    case invoke(Invocation)
    case mirrorTraffic(Traffic)
    case traffic(Traffic)
    case deleteDeployment(Name)
    case deleteEndpoint
    case wait(Interval)
    case run(Command)

    /// The deployment that it creates or updates; nil where it does neither.
    package var deployment: DeploymentDefinition? {
        switch self {
        case .define(_, let deployment, _): deployment
        case .deploy(let deployment): deployment
        default: nil
        }
    }

    /// The word for it in a playbook.
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case define, scale, deploy, invoke
        case mirrorTraffic = "mirror_traffic"
        case traffic, delete, wait, run

        /// Generous beside Azure's own durations (AZURE.md, Rules: a deployment takes about 10 minutes).
        package var defaultTimeout: Interval {
            switch self {
            case .define, .deploy, .scale: .minutes(60)
            case .invoke, .run: .minutes(10)
            case .mirrorTraffic, .traffic, .delete: .minutes(30)
            case .wait: .distantFuture
            }
        }
    }

    package var kind: Kind {
        switch self {
        case .define: .define
        case .scale: .scale
        case .deploy: .deploy
        case .invoke: .invoke
        case .mirrorTraffic: .mirrorTraffic
        case .traffic: .traffic
        case .deleteDeployment, .deleteEndpoint: .delete
        case .wait: .wait
        case .run: .run
        }
    }
}

extension Interval {
    /// Longer than any wait.
    package static let distantFuture = Interval(milliseconds: .max)
}

/// A program that a stage runs; no shell ever sees its words.
package struct Command: Hashable, Sendable, Codable {
    /// The program and its arguments, at least one word.
    package var words: [String]
    package var environment: [String: String]
    /// True when running it twice is harmless, so that a crash in its middle runs it again.
    package var idempotent: Bool
    /// The deployment that the program is about; nil where there is none.
    package var deployment: Name?

    package init(
        words: [String], environment: [String: String] = [:], idempotent: Bool = false, deployment: Name? = nil
    ) {
        self.deployment = deployment
        self.words = words
        self.environment = environment
        self.idempotent = idempotent
    }
}

/// Test requests to one deployment, or to the endpoint, and what their answers must be.
package struct Invocation: Hashable, Sendable, Codable {
    /// Nil sends to the endpoint, as clients do.
    package var deployment: Name?
    package var request: InferenceRequest
    /// At least 1.
    package var times: Int
    package var expect: Expectation

    package struct Expectation: Hashable, Sendable, Codable {
        /// HTTP status.
        package var status: Int
        /// The longest that any answer may take.
        package var within: Interval?
        /// What the JSON body must contain (``Value/contains(_:)``).
        package var json: Value?

        package init(status: Int = 200, within: Interval? = nil, json: Value? = nil) {
            self.status = status
            self.within = within
            self.json = json
        }
    }

    package init(deployment: Name?, request: InferenceRequest, times: Int = 1, expect: Expectation = Expectation()) {
        self.deployment = deployment
        self.request = request
        self.times = times
        self.expect = expect
    }
}

/// A request for inference: a JSON body, sent by POST.
package struct InferenceRequest: Hashable, Sendable, Codable {
    package var body: String
    package init(body: String) { self.body = body }
}

/// A person's yes, asked for before a stage acts.
package struct Approval: Hashable, Sendable, Codable {
    /// How many different people must say yes, at least 1.
    package var required: Int
    package var instructions: String?
    /// Nil is `never`.
    package var timeout: Interval?
    package var onTimeout: TimeoutPolicy
    /// False bars the person who started the run.
    package var starterMayApprove: Bool
    /// The local group that approvers must be in, if any.
    package var group: String?

    package enum TimeoutPolicy: String, Hashable, Sendable, Codable, CaseIterable {
        case rollBack = "roll_back"
        case hold
        case stop
        case goOn = "go_on"
    }

    package init(
        required: Int = 1, instructions: String? = nil, timeout: Interval? = .hours(24),
        onTimeout: TimeoutPolicy = .rollBack, starterMayApprove: Bool = true, group: String? = nil
    ) {
        self.required = required
        self.instructions = instructions
        self.timeout = timeout
        self.onTimeout = onTimeout
        self.starterMayApprove = starterMayApprove
        self.group = group
    }
}

/// How often a stage is tried; the wait before attempt n+1 is `backoff × 2^(n-1)`, at most an hour.
package struct Retry: Hashable, Sendable, Codable {
    /// At least 1.
    package var attempts: Int
    package var backoff: Interval

    package init(attempts: Int = 1, backoff: Interval = .seconds(10)) {
        self.attempts = attempts
        self.backoff = backoff
    }

    /// The wait after attempt `attempt` (counted from 1) failed.
    package func wait(after attempt: Int) -> Interval {
        let doublings = min(max(attempt - 1, 0), 20)
        return min(backoff * (1 << Int64(doublings)), max(.hours(1), backoff))
    }
}

/// What becomes of the run when a stage has failed for good.
package enum FailurePolicy: String, Hashable, Sendable, Codable, CaseIterable {
    case rollBack = "roll_back"
    case hold
    case stop
}
