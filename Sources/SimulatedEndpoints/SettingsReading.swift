package import PlaybookSyntax
package import Rollouts

extension SimulationSettings {
    static let root = "backends.simulated"

    /// What a playbook may say under `backends.simulated`.
    static let shape = ObjectShape(
        "the settings",
        [
            Field(
                "kind", .choice(EndpointKind.allCases.map(\.rawValue)),
                "The kind of endpoint that is simulated, where --backend does not say it. Default: managed.",
                example: "kubernetes"),
            Field(
                "seed", .integer(0...Int.max), "Seed of everything that is drawn by chance. Default: 1.", example: "42"),
            Field("durations", .object(durations), "How long changes take, in virtual time."),
            Field(
                "simulate", .mapping(.object(DeploymentProfile.shape()), names: true),
                "Profiles of model servers, by deployment. Default: those of backends that simulate on this machine."),
            Field("incidents", Incident.shape, Incident.description),
            Field("users", .object(users), "Clients as people, each of whom is always answered by one deployment."),
        ])

    private static let durations = ObjectShape(
        "durations",
        [
            Field("endpoint", .length, "Creating or updating an endpoint. Default: 90s.", example: "90s"),
            Field("deployment", .length, "Creating or updating a deployment. Default: 10m.", example: "10m"),
            Field("scale", .length, "Changing the number of instances. Default: 2m.", example: "2m"),
            Field("traffic", .length, "Changing traffic or mirror traffic. Default: 30s.", example: "30s"),
            Field("delete", .length, "Deleting an endpoint or a deployment. Default: 60s.", example: "60s"),
        ])

    private static let users = ObjectShape(
        "users",
        [
            Field("count", .integer(1...1_000_000), required: true, "How many users there are.", example: "1000"),
            Field(
                "failing", .integer(0...1000), "How many of them send what no deployment can answer. Default: 0.",
                example: "5"),
        ])

    /// Reads the mapping `backends.simulated` of a plan (`null`: the defaults).
    ///
    /// `kind`, where it is given, is what the command line says (`--backend simulated:kubernetes`) and goes first.
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
    /// A length of time: `10m`, or a number of seconds.
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
    /// The members that a profile may have, and `more`.
    package static func shape(with more: [Field] = []) -> ObjectShape {
        ObjectShape(
            "a profile",
            [
                Field("latency", .object(latency), "How long answers take; between p50 and p99 log-normal."),
                Field(
                    "errors", .fraction(0...1), "Share of requests that are answered with an error. Default: 0%.",
                    example: "0.5%"),
                Field(
                    "disagrees", .fraction(0...1), "Share of answers that differ from those of others. Default: 0%.",
                    example: "2%"),
                Field(
                    "ready_after", .length, "How long it takes to deploy. Default: as long as any deployment.",
                    example: "30s"),
                Field(
                    "answer", .any, "The JSON body of every answer. Default: a sample of predictions.",
                    example: "{predictions: [1]}"),
                Field("fault", .choice(Fault.allCases.map(\.rawValue)), "What is wrong with it.", example: "slow"),
                Field(
                    "fault_after", .length,
                    "When the fault shows, or how long it lasts. Default: 30m for never_ready, 5m for others.",
                    example: "5m"),
                Field(
                    "leak",
                    .object(
                        Trouble.shape(
                            "a leak", Field("per", .positiveLength, required: true, "Period.", example: "10m"))),
                    "Trouble that grows by so much every period of an instance."),
                Field(
                    "cold_start",
                    .object(
                        Trouble.shape(
                            "a cold start",
                            Field(
                                "for", .positiveLength, required: true, "How long after an instance is ready.",
                                example: "30s"))), "Trouble of every instance that is new."),
                Field("bad_instance", .object(Trouble.shape("a bad instance")), "Trouble of one instance, the first."),
                Field(
                    "under_load",
                    .object(
                        Trouble.shape(
                            "a load",
                            Field(
                                "above", .rate(bare: true), required: true, "Live requests a second to an instance.",
                                example: "20/s"))), "Trouble of an instance with more live requests than that."),
            ] + more)
    }

    private static let latency = ObjectShape(
        "latency",
        [
            Field("p50", .length, "Median. Default: a fifth of p99, else 40ms.", example: "40ms"),
            Field("p99", .length, "99th percentile. Default: 5 times p50, else 200ms.", example: "200ms"),
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
    /// The mapping at `key`, where there is any.
    fileprivate func given(_ key: String) -> SettingsReader? { self[key] == nil ? nil : mapping(key) }
}

extension Trouble {
    fileprivate static func shape(_ what: String, _ more: Field...) -> ObjectShape {
        ObjectShape(
            what,
            more + [
                Field(
                    "latency_factor", .number(1...largestFactor), "How many times as long answers take. Default: 1.",
                    example: "5"),
                Field("errors", .fraction(0...1), "Share of requests that fail by it. Default: 0%.", example: "20%"),
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
                    "at", .length, required: true, "When it begins, counted from the clients' first request.",
                    example: "5m"),
                Field("for", .positiveLength, required: true, "How long it lasts.", example: "2m"))))
    package static let description = "Trouble that hits every simulated deployment at the same time."

    /// What stands at ``key``, such as `[{at: 5m, for: 2m, errors: 20%, latency_factor: 3}]`.
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
        guard failing <= count else { throw reader.problem("failing", "is \(failing), and there are \(count) users") }
    }
}

extension DeploymentProfile.Latency {
    fileprivate init(_ reader: SettingsReader) throws(SettingsProblem) {
        let p50 = reader.interval("p50")
        let p99 = reader.interval("p99")
        // One of the two gives the other in the proportion of the defaults, 1 to 5.
        self.init(
            p50: p50 ?? p99.map { Interval(milliseconds: max($0.milliseconds / 5, 1)) } ?? .milliseconds(40),
            p99: p99 ?? p50.map { $0 * 5 } ?? .milliseconds(200))
        // Two zeros are written on purpose: such a server answers at once.
        guard self.p50 > .zero || p99 == .zero else {
            throw reader.problem("p50", "is \(self.p50): it must be at least 1ms, or p99 0ms as well")
        }
        guard self.p99 >= self.p50 else {
            throw reader.problem("p99", "is \(self.p99), which is less than p50, \(self.p50)")
        }
    }
}
