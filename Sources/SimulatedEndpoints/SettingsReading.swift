package import Rollouts

extension SimulationSettings {
    /// Reads the mapping `backends.simulated` of a plan (`null`: the defaults).
    ///
    /// `kind`, where it is given, is what the command line says (`--backend simulated:kubernetes`) and goes first.
    package init(_ value: Value, kind: EndpointKind? = nil) throws(SettingsProblem) {
        self.init()
        let root = try SettingsReader(value, keys: ["kind", "seed", "durations", "simulate", "incidents", "users"])
        let told = try root.word("kind", among: EndpointKind.self)
        self.kind = kind ?? told ?? self.kind
        if let told = try root.seed("seed") { seed = told }
        if let times = try root.mapping("durations", keys: ["endpoint", "deployment", "scale", "traffic", "delete"]) {
            if let told = try times.interval("endpoint") { durations.endpoint = told }
            if let told = try times.interval("deployment") { durations.deployment = told }
            if let told = try times.interval("scale") { durations.scale = told }
            if let told = try times.interval("traffic") { durations.traffic = told }
            if let told = try times.interval("delete") { durations.delete = told }
        }
        if let simulate = try root.mapping("simulate", keys: nil) {
            for key in simulate.members.keys.sorted() {
                guard let profile = try simulate.mapping(key, keys: DeploymentProfile.keys) else { continue }
                guard profiles.updateValue(try DeploymentProfile(profile), forKey: Name(key)) == nil else {
                    throw SettingsProblem(
                        path: profile.path, message: "is there twice: names compare without case")
                }
            }
        }
        incidents = try Incident.list("incidents", in: root)
        users = try root.mapping("users", keys: ["count", "failing"]).map(Users.init)
    }
}

extension DeploymentProfile {
    /// The members that a profile may have.
    package static let keys = [
        "latency", "errors", "disagrees", "ready_after", "answer", "fault", "fault_after", "leak", "cold_start",
        "bad_instance", "under_load",
    ]

    package init(_ reader: SettingsReader) throws(SettingsProblem) {
        self.init(
            errors: try reader.share("errors") ?? 0, disagrees: try reader.share("disagrees") ?? 0,
            readyAfter: try reader.interval("ready_after"),
            answer: reader.members["answer"], fault: try reader.word("fault", among: Fault.self),
            faultAfter: try reader.interval("fault_after"))
        if let times = try reader.mapping("latency", keys: ["p50", "p99"]) {
            latency = try Latency(times)
        }
        if let told = try reader.mapping("leak", keys: ["per"] + Trouble.keys) {
            leak = Leak(period: try told.required("per"), trouble: try Trouble(told))
        }
        if let told = try reader.mapping("cold_start", keys: ["for"] + Trouble.keys) {
            coldStart = ColdStart(length: try told.required("for"), trouble: try Trouble(told))
        }
        if let told = try reader.mapping("bad_instance", keys: Trouble.keys) { badInstance = try Trouble(told) }
        if let told = try reader.mapping("under_load", keys: ["above"] + Trouble.keys) {
            overload = Overload(limit: try told.rate("above"), trouble: try Trouble(told))
        }
    }
}

extension Trouble {
    static let keys = ["latency_factor", "errors"]

    init(_ reader: SettingsReader) throws(SettingsProblem) {
        let factor = try reader.number("latency_factor", in: 1...Self.largestFactor)
        let errors = try reader.share("errors")
        guard factor != nil || errors != nil else {
            throw reader.problem("says nothing: latency_factor, errors or both are expected")
        }
        self.init(latencyFactor: factor ?? 1, errors: errors ?? 0)
    }
}

extension Incident {
    /// What stands at `key`, such as `[{at: 5m, for: 2m, errors: 20%, latency_factor: 3}]`.
    package static func list(_ key: String, in reader: SettingsReader) throws(SettingsProblem) -> [Incident] {
        var incidents: [Incident] = []
        for told in try reader.mappings(key, keys: ["at", "for"] + Trouble.keys) {
            guard let begin = try told.interval("at") else {
                throw told.problem("has no at: when it begins, counted from the clients' first request, is expected")
            }
            incidents.append(
                Incident(begin: begin, length: try told.required("for"), trouble: try Trouble(told)))
        }
        return incidents
    }
}

extension Users {
    fileprivate init(_ reader: SettingsReader) throws(SettingsProblem) {
        guard let count = try reader.count("count", in: 1...1_000_000) else {
            throw reader.problem("has no count: how many users there are is expected")
        }
        self.init(count: count, failing: try reader.count("failing", in: 0...min(count, 1000)) ?? 0)
    }
}

extension DeploymentProfile.Latency {
    fileprivate init(_ reader: SettingsReader) throws(SettingsProblem) {
        let p50 = try reader.interval("p50")
        let p99 = try reader.interval("p99")
        // One of the two gives the other in the proportion of the defaults, 1 to 5.
        self.init(
            p50: p50 ?? p99.map { Interval(milliseconds: max($0.milliseconds / 5, 1)) } ?? .milliseconds(40),
            p99: p99 ?? p50.map { $0 * 5 } ?? .milliseconds(200))
        // Two zeros are said on purpose: such a server answers at once.
        guard self.p50 > .zero || p99 == .zero else {
            throw reader.problem("p50", "is \(self.p50): it must be at least 1ms, or p99 0ms as well")
        }
        guard self.p99 >= self.p50 else {
            throw reader.problem("p99", "is \(self.p99), which is less than p50, \(self.p50)")
        }
    }
}
