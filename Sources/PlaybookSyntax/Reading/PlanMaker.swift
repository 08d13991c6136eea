internal import AssetFiles
internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts

/// Makes the plan of a playbook, and collects all findings on the way.
struct PlanMaker {
    let source: SourceFile
    let options: PlanOptions
    /// The backend's capabilities; they include the playbook's settings once these are read.
    private var capabilities: Capabilities
    private var files: NamedFiles
    private var findings: [Finding] = []
    /// The rules' findings about stages that could be read.
    private var ruleFindings: [Finding] = []
    private var backends = Value.null
    private var roles: Roles?
    private var situations: [RoleSource.Situation] = []

    init(source: SourceFile, data: Data, options: PlanOptions, files: FileSource) {
        self.source = source
        self.options = options
        capabilities = options.backend.capabilities(of: options.kind, settings: .null)
        self.files = NamedFiles(playbook: source, data: data, source: files)
    }

    mutating func make() -> PlanOutcome {
        guard let written = loadYAML(source, findings: &findings) else { return outcome(nil) }
        let inputs = InputReader(
            source: source, inputs: written.member("inputs"), given: options.inputs,
            userPath: { [options, files, source] input, text in
                options.inputFolders[input].map { files.source.userPath(text, from: $0, playbook: source.path) }
            })
        files.userPaths = options.userPaths.union(inputs.userPaths.keys)
        files.lookedAt = inputs.userPaths.mapValues(\.lookedAt).filter { !$0.value.isEmpty }
        var scope = scope(inputs)
        let plainScope = scope
        let resolution = RoleResolution(
            of: written, source, scope, from: options.roles, kind: capabilities.kind, files: &files)
        roles = resolution?.roles
        situations = resolution?.situations ?? []
        if let roles { scope = scope.with(roles) }
        let settled = filled(written, ["backends"], scope)
        let plugin = options.backend
        self.backends = settled["backends"]?.value ?? .null
        let backends = BackendSettings(settled["backends"], of: plugin, among: options.backends)
        capabilities = plugin.capabilities(of: options.kind, settings: backends.value)
        scope.values[ExpressionScope.metrics] = .bool(capabilities.reportsOutcomes)
        let root = filled(filled(settled, ["endpoint", "load"], plainScope), ["stages"], scope)
        var shape = ShapeCheck(source: source)
        shape.check(root, .object(.playbook(options.backends)), "a playbook")
        findings += shape.findings + inputs.findings
        let name = root["name"]?.scalar?.text
        checkName(root["name"])
        let endpoint = endpoint(root, name: name)
        let load = load(root["load"])
        let host = plugin.servers ?? plugin
        let servers = BackendSettings(settled["backends"], of: host, among: options.backends)
        for (plugin, settings) in plugin.servers == nil ? [(plugin, backends)] : [(plugin, backends), (host, servers)] {
            // The findings about their shape are enough.
            if shape.paths.contains(where: { $0.starts(with: ["backends", plugin.name]) }) { continue }
            if let problem = plugin.problem(in: settings.value, kind: options.kind) {
                findings.append(settings.finding(problem, in: source))
            }
        }
        if plugin.takesFiles { files.digests = DigestCache(path: options.state.map { $0 + "/digests.json" }) }
        files.context = PlaybookContext(
            plugin: host, capabilities: capabilities, written: servers.own.map(placed), settings: servers.value,
            folder: folder(of: source.path), state: options.state ?? "")
        let stages = readStages(
            root["stages"]?.items ?? [], endpoint: endpoint, rate: load?.rate, scope, start: resolution?.start)
        guard !(findings + files.findings).hasErrors, let name, let endpoint else { return outcome(nil) }
        let counting = plugin.settled(backends.value, options: options.settings)
        var plan = Plan(
            playbook: name, description: root["description"]?.scalar?.text, backend: plugin.name(of: options.kind),
            endpoint: endpoint, inputs: inputs.values, load: load,
            backendSettings: counting,
            files: files.paths.compactMap { path in
                files.contents[path].map { Plan.File(path: path, digest: hexadecimalDigest(of: $0)) }
            }, stages: self.settled(stages, counting), roles: roles)
        plan.sources = files.sources.sorted { ($0.path, $0.mark) < ($1.path, $1.mark) }
        return outcome(plan)
    }

    /// Returns the stages with the backend's settings applied.
    private func settled(_ stages: StageList, _ settings: Value) -> StageList {
        StageList(
            stages.map { stage in
                var stage = stage
                stage.action = options.backend.settled(stage.action, settings: settings)
                return stage
            })
    }

    private func scope(_ inputs: InputReader) -> ExpressionScope {
        var scope = ExpressionScope()
        for (name, value) in inputs.values { scope.values["inputs.\(name)"] = value }
        scope.faulty = Set(inputs.faulty.map { "inputs.\($0)" })
        scope.values["backend.name"] = .string(options.backend.name)
        scope.values[ExpressionScope.mirroring] = .bool(capabilities.mirroring)
        scope.values["run.id"] = .string("\(options.runID)")
        return scope
    }

    /// Returns the playbook with the expressions in these parts filled in, except names and conditions of stages.
    private mutating func filled(_ written: Node, _ parts: Set<String>, _ scope: ExpressionScope) -> Node {
        guard case .mapping(var members) = written.content else { return written }
        var template = Template(source: source, scope: scope)
        for index in members.indices where parts.contains(members[index].key.text) {
            switch members[index].key.text {
            case "endpoint", "load", "backends": members[index].value = template.fill(members[index].value)
            case "stages":
                guard case .list(var stages) = members[index].value.content else { continue }
                for stage in stages.indices {
                    guard stages[stage].hasExpression, case .mapping(var parts) = stages[stage].content else {
                        continue
                    }
                    let written = stages[stage]
                    let isSkipped = roles?.live == nil && isSkipped(written, scope)
                    if isSkipped, let roles { template.scope = scope.withPlaceholderLive(besides: roles.candidate) }
                    for part in parts.indices where !["name", "when"].contains(parts[part].key.text) {
                        parts[part].value = template.fillExceptConditions(parts[part].value)
                    }
                    stages[stage].content = .mapping(parts)
                    template.scope = scope
                    guard roles != nil, !isSkipped else { continue }
                    stages[stage] = Self.reportingEmptyRoles(
                        stages[stage], written: written, in: source, findings: &findings)
                }
                members[index].value.content = .list(stages)
            default: break
            }
        }
        findings += template.findings
        var root = written
        root.content = .mapping(members)
        return root
    }

    /// Returns whether the stage's condition is false; an invalid condition is reported when the stage is read.
    private func isSkipped(_ stage: Node, _ scope: ExpressionScope) -> Bool {
        guard let when = stage["when"], let scalar = when.scalar else { return false }
        var template = Template(source: source, scope: scope)
        return template.evaluate(scalar, at: when.span)?.value.bool == false
    }

    private mutating func checkName(_ node: Node?) {
        guard let node, let name = node.scalar?.text, name != source.path.fileStem else { return }
        findings.append(
            Finding(
                .warning, "PlaybookName", at: Location(source: source, span: node.span),
                "the playbook's name is \(name.quoted), but its file's is \(source.path.fileStem.quoted)",
                help: "give both the same name"))
    }

    /// Returns the plan's endpoint: that of the options, of the playbook, or of the first stage that defines one.
    private mutating func endpoint(_ root: Node, name: String?) -> Name? {
        if let override = options.endpoint {
            if let violation = NamingRule().violation(of: override, what: "endpoint", kind: capabilities.kind) {
                findings.append(Finding(ValidNames.name, file: source.path, "--endpoint: \(violation.message)"))
            }
            return override
        }
        if let node = root["endpoint"] {
            guard let name = node.name else { return nil }
            let place = PlacedName(name: name, what: "endpoint", location: Location(source: source, span: node.span))
            if let finding = ValidNames.finding(for: place, kind: capabilities.kind) {
                findings.append(finding)
            }
            return name
        }
        let stages = root["stages"]?.items ?? []
        if let define = stages.lazy.compactMap({ $0["define"] }).first {
            let overrides = FileOverrides(set: define["endpoint_set"])
            return files.endpoint(at: define["endpoint_file"], overrides, kind: capabilities.kind)?.definition.name
        }
        let actions = Set(StageAction.Kind.allCases.filter(\.touchesEndpoint).map(\.rawValue))
        guard let user = stages.lazy.compactMap({ $0.members.first { actions.contains($0.key.text) } }).first else {
            return name.map { Name($0) }
        }
        findings.append(
            Finding(
                .error, "EndpointName", at: Location(source: source, span: user.key.span),
                "the playbook does not name its endpoint",
                help: "pass --endpoint NAME, or write 'endpoint: NAME' at the top of the playbook"))
        return nil
    }

    private mutating func load(_ node: Node?) -> Load? {
        guard let node, let request = files.request(at: node["request_file"]),
            let rate = node["rate"]?.scalar?.value
        else { return nil }
        do throws(ValueProblem) {
            return Load(rate: try readRate(rate), request: request)
        } catch {
            return nil  // reported with the shape
        }
    }

    /// Reads the stages and simulates them on a model of the endpoint.
    private mutating func readStages(
        _ nodes: [Node], endpoint: Name?, rate: Double?, _ scope: ExpressionScope, start: Play.Start?
    ) -> StageList {
        let actions = ActionReader(
            files: files, endpoint: endpoint, override: options.endpoint, kind: capabilities.kind)
        var reader = StageReader(
            source: source, capabilities: capabilities, scope: scope, actions: actions,
            queryProblem: options.queryProblem, groupExists: options.groupExists)
        var probe = reader  // its findings are dropped: the stages are read again below
        let written = nodes.filter { probe.skipReason($0) == nil }
        let defines = written.contains { $0["define"] != nil }
        var play = Play(
            endpoint: endpoint ?? "endpoint", start: start ?? (defines ? .known(nil) : .unknown),
            capabilities: capabilities, rate: rate, roles: roles)
        var stages = StageList([])
        for node in nodes {
            guard let placed = reader.read(node) else {
                play.continueAfterUnreadableStage()
                continue
            }
            let named = naming(placed, after: stages)
            play.play(named)
            stages.append(named.stage)
        }
        play.end()
        findings += reader.allFindings
        files = reader.actions.files
        if let context = files.context {
            let others = (roles?.names ?? []).filter { !files.deployments.contains($0) }
            findings += context.plugin.findings(
                in: PlaybookDraft(
                    context: context, stages: written.map(placed), deployments: files.deployments + others,
                    isComplete: stages.count == nodes.count))
        }
        ruleFindings += play.findings
        return stages
    }

    private func placed(_ node: Node) -> PlacedValue { PlacedValue(node: node, source: source, playbook: source) }

    /// Sets the deployment of a `run` stage that names none.
    ///
    /// It is the candidate's role or, in a playbook without roles, the last deployment that the playbook has deployed
    /// before.
    private func naming(_ placed: PlacedStage, after earlier: StageList) -> PlacedStage {
        guard var run = placed.stage.action.as(RunAction.self), run.command.deployment == nil else { return placed }
        let deployed = earlier.filter { $0.skip == nil }.compactMap { $0.action.as(DeployAction.self)?.definition.name }
        run.command.deployment = roles?.candidate ?? deployed.last
        var named = placed
        named.stage.action = StageAction(run)
        return named
    }

    private mutating func outcome(_ plan: Plan?) -> PlanOutcome {
        var findings = findings + ruleFindings + files.findings
        var snapshot: PlanSnapshot?
        if let plan, !ruleFindings.hasErrors {
            do {
                snapshot = PlanSnapshot(plan: plan, hash: try plan.hash(), contents: files.contents)
            } catch {
                findings.append(Finding("Plan", file: source.path, "the plan cannot be stored as JSON: \(error)"))
            }
        } else if !findings.hasErrors {
            findings.append(Finding("Plan", file: source.path, "no plan can be made from this playbook"))
        }
        return PlanOutcome(
            snapshot: snapshot, draft: plan,
            findings: findings.inOrder(of: files.paths.map { $0 == source.path ? $0 : $0.beside(source.path) }),
            backends: backends, roles: roles, situations: situations)
    }
}

extension Template {
    /// Returns `node` with its expressions filled in, except the mapping's own `when`.
    fileprivate mutating func fillExceptConditions(_ node: Node) -> Node {
        guard case .mapping(var members) = node.content, node.member("when") != nil else { return fill(node) }
        for index in members.indices where members[index].key.text != "when" {
            members[index].value = fill(members[index].value)
        }
        var filled = node
        filled.content = .mapping(members)
        return filled
    }
}
