import Testing

extension Trait where Self == ConditionTrait {
    /// For tests that need a Kubernetes cluster: they run wherever there are the programs of one.
    static var kubernetes: ConditionTrait {
        .enabled(if: environment["KUBEBUILDER_ASSETS"] != nil, "KUBEBUILDER_ASSETS is not set")
    }
}

/// All suites against a cluster stand in here, so that they share one and come one after the other: some of them kill
/// its API server.
@Suite("Kubernetes", .kubernetes, .serialized, .timeLimit(.minutes(20)))
enum KubernetesSuite {}
