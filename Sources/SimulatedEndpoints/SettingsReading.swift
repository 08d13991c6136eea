package import PlaybookSyntax
package import Rollouts

extension SimulationSettings {
    static let root = "backends.simulated"

    /// The settings that a playbook can have under `backends.simulated`.
    static let shape = ObjectShape(
        "the settings",
        [
            Field(
                "kind", .choice(EndpointKind.allCases.map(\.rawValue)),
                "Kind of endpoint to simulate, unless --backend specifies it. Default: managed.",
                example: "kubernetes"),
            Field(
                "seed", .integer(0...Int.max), "Seed of all random numbers. Default: 1.", example: "42"),
            Field("durations", .object(durations), "Durations of changes, in virtual time."),
            Field(
                "simulate", .mapping(.object(DeploymentProfile.shape()), names: true),
                "Profiles of model servers by deployment. Default: the profiles in the settings of other backends."),
            Field("incidents", Incident.shape, Incident.description),
            Field("users", .object(users), "Simulated users, each of whom is always served by the same deployment."),
        ])

    private static let durations = ObjectShape(
        "durations",
        [
            Field("endpoint", .length, "Time to create or update an endpoint. Default: 90s.", example: "90s"),
            Field("deployment", .length, "Time to create or update a deployment. Default: 10m.", example: "10m"),
            Field("scale", .length, "Time to change the number of instances. Default: 2m.", example: "2m"),
            Field("traffic", .length, "Time to change traffic or mirror traffic. Default: 30s.", example: "30s"),
            Field("delete", .length, "Time to delete an endpoint or a deployment. Default: 60s.", example: "60s"),
        ])

    private static let users = ObjectShape(
        "users",
        [
            Field("count", .integer(1...1_000_000), required: true, "Number of users.", example: "1000"),
            Field(
                "failing", .integer(0...1000), "Number of users whose requests no deployment can answer. Default: 0.",
                example: "5"),
        ])

    /// Reads the mapping `backends.simulated` of a plan; `null` yields the defaults.
    ///
    /// `kind` is the kind given on the command line (`--backend simulated:kubernetes`) and takes precedence.
    package init(_ value: Value, kind: EndpointKind? = nil) throws(SettingsProblem) {
        self.init()
        let root = try SettingsReader(value, .object(Self.shape), root: Self.root)
        self.kind = kind ?? root.word("kind") ?? self.kind
        if let given = root.integer("seed") { seed = UInt64(max(given, 0)) }
        if let given = root.mapping("durations") { durations = Durations(given) }
        if let simulate = root.mapping("simulate") {
            for key in simulate.keys {
                guard let profile = simulate.mapping(key) else { continue }
                profiles[Name(key)] = try DeploymentProfile(profile)
            }
        }
        incidents = try Incident.list(in: root)
        users = try root["users"] == nil ? nil : root.mapping("users").map(Users.init)
    }
}

extension Shape {
    /// A duration: `10m`, or a number of seconds.
    fileprivate static let length = duration(seconds: true)
    fileprivate static let positiveLength = duration(positive: true, seconds: true)
}

extension SimulationSettings.Durations {
    fileprivate init(_ reader: SettingsReader) {
        self.init()
        endpoint = reader.interval("endpoint") ?? endpoint
        deployment = reader.interval("deployment") ?? deployment
        scale = reader.interval("scale") ?? scale
        traffic = reader.interval("traffic") ?? traffic
        delete = reader.interval("delete") ?? delete
    }
}

extension DeploymentProfile {
    /// Returns the fields of a profile, plus `more`.
    package static func shape(with more: [Field] = []) -> ObjectShape {
        ObjectShape(
            "a profile",
            [
                Field("latency", .object(latency), "Response times, log-normally distributed with these percentiles."),
                Field(
                    "errors", .fraction(0...1), "Share of requests that are answered with an error. Default: 0%.",
                    example: "0.5%"),
                Field(
                    "disagrees", .fraction(0...1), "Share of answers that differ from other deployments'. Default: 0%.",
                    example: "2%"),
                Field(
                    "ready_after", .length, "Time to deploy. Default: that of any other deployment.",
                    example: "30s"),
                Field(
                    "answer", .any, "JSON body of every response. Default: sample predictions.",
                    example: "{predictions: [1]}"),
                Field("fault", .choice(Fault.allCases.map(\.rawValue)), "Fault of the deployment.", example: "slow"),
                Field(
                    "fault_after", .length,
                    "Time until the fault takes effect; for never_ready and refuse_updating, how long it lasts. Default: depends on "
                        + "the fault and the backend.",
                    example: "5m"),
                Field(
                    "leak",
                    .object(
                        Trouble.shape(
                            "a leak", Field("per", .positiveLength, required: true, "Period.", example: "10m"))),
                    "Extra latency and errors that grow with the age of an instance, by this much per period."),
                Field(
                    "cold_start",
                    .object(
                        Trouble.shape(
                            "a cold start",
                            Field(
                                "for", .positiveLength, required: true, "Duration after an instance becomes ready.",
                                example: "30s"))), "Extra latency and errors of every new instance."),
                Field(
                    "bad_instance", .object(Trouble.shape("a bad instance")),
                    "Extra latency and errors of the first instance only."),
                Field(
                    "under_load",
                    .object(
                        Trouble.shape(
                            "a load",
                            Field(
                                "above", .rate(bare: true), required: true, "Live requests per second to an instance.",
                                example: "20/s"))), "Extra latency and errors of an instance above this load."),
            ] + more)
    }

    private static let latency = ObjectShape(
        "latency",
        [
            Field("p50", .length, "Median. Default: a fifth of p99, or 40ms.", example: "40ms"),
            Field("p99", .length, "99th percentile. Default: 5 times p50, or 200ms.", example: "200ms"),
        ])

    package init(_ reader: SettingsReader) throws(SettingsProblem) {
        self.init(
            errors: reader.fraction("errors") ?? 0, disagrees: reader.fraction("disagrees") ?? 0,
            readyAfter: reader.interval("ready_after"), answer: reader.members["answer"],
            fault: reader.word("fault"), faultAfter: reader.interval("fault_after"))
        if let times = reader.mapping("latency") { latency = try Latency(times) }
        if let given = reader.given("leak") {
            leak = Leak(period: given.interval("per") ?? .seconds(1), trouble: try Trouble(given))
        }
        if let given = reader.given("cold_start") {
            coldStart = ColdStart(length: given.interval("for") ?? .zero, trouble: try Trouble(given))
        }
        if let given = reader.given("bad_instance") { badInstance = try Trouble(given) }
        if let given = reader.given("under_load") {
            overload = Overload(limit: given.rate("above") ?? 0, trouble: try Trouble(given))
        }
    }
}

extension SettingsReader {
    /// Returns the mapping at `key`, if there is one.
    fileprivate func given(_ key: String) -> SettingsReader? { self[key] == nil ? nil : mapping(key) }
}

extension Trouble {
    fileprivate static func shape(_ what: String, _ more: Field...) -> ObjectShape {
        ObjectShape(
            what,
            more + [
                Field(
                    "latency_factor", .number(1...largestFactor), "Factor by which responses take longer. Default: 1.",
                    example: "5"),
                Field("errors", .fraction(0...1), "Share of requests that fail. Default: 0%.", example: "20%"),
            ])
    }

    fileprivate init(_ reader: SettingsReader) throws(SettingsProblem) {
        let factor = reader.number("latency_factor")
        let errors = reader.fraction("errors")
        guard factor != nil || errors != nil else {
            throw reader.problem(nil, "has no effect: add latency_factor, errors or both")
        }
        self.init(latencyFactor: factor ?? 1, errors: errors ?? 0)
    }
}

extension Incident {
    /// The key of ``shape``.
    package static let key = "incidents"
    package static let shape = Shape.list(
        .object(
            Trouble.shape(
                "an incident",
                Field(
                    "at", .length, required: true, "Start of the incident, measured from the clients' first request.",
                    example: "5m"),
                Field("for", .positiveLength, required: true, "Duration of the incident.", example: "2m"))))
    package static let description = "Extra latency and errors of all simulated deployments at the same time."

    /// Reads the list at ``key``, such as `[{at: 5m, for: 2m, errors: 20%, latency_factor: 3}]`.
    package static func list(in reader: SettingsReader) throws(SettingsProblem) -> [Incident] {
        try reader.mappings(key).map { given throws(SettingsProblem) in
            Incident(
                begin: given.interval("at") ?? .zero, length: given.interval("for") ?? .zero,
                trouble: try Trouble(given))
        }
    }
}

extension Users {
    fileprivate init(_ reader: SettingsReader) throws(SettingsProblem) {
        self.init(count: reader.integer("count") ?? 1, failing: reader.integer("failing") ?? 0)
        guard failing <= count else { throw reader.problem("failing", "is \(failing), but count is \(count)") }
    }
}

extension DeploymentProfile.Latency {
    fileprivate init(_ reader: SettingsReader) throws(SettingsProblem) {
        let p50 = reader.interval("p50")
        let p99 = reader.interval("p99")
        // If only one of them is given, the other follows from the ratio of the defaults, 1 to 5.
        self.init(
            p50: p50 ?? p99.map { Interval(milliseconds: max($0.milliseconds / 5, 1)) } ?? .milliseconds(40),
            p99: p99 ?? p50.map { $0 * 5 } ?? .milliseconds(200))
        // Two explicit zeros are permitted: such a server answers instantly.
        guard self.p50 > .zero || p99 == .zero else {
            throw reader.problem("p50", "is \(self.p50): it must be at least 1ms, unless p99 is 0ms too")
        }
        guard self.p99 >= self.p50 else {
            throw reader.problem("p99", "is \(self.p99), which is less than p50, \(self.p50)")
        }
    }
}
