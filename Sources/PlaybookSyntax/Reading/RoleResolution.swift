internal import RolloutEngine
internal import Rollouts

/// How a playbook uses the roles `live` and `candidate`, and to which deployments they resolve.
struct RoleResolution {
    var roles: Roles
    /// The state on which the stages are simulated.
    var start: Play.Start
    /// The situations that the playbook can meet.
    var situations: [RoleSource.Situation]

    /// Resolves the roles; returns `nil` if no expression of the playbook names one.
    init?(
        of written: Node, _ source: SourceFile, _ scope: ExpressionScope, from origin: RoleSource,
        kind: EndpointKind, files: inout NamedFiles
    ) {
        guard !written.expressionNames.isDisjoint(with: ExpressionScope.roles) else { return nil }
        let stages = written["stages"]?.items ?? []
        let newDeployment = Self.newDeployment(stages)
        var newName: Name?
        if let node = newDeployment?["deployment_file"] {
            var template = Template(source: source, scope: scope.withFaultyRoles)
            newName = files.deploymentName(
                at: template.fill(node), becomes: newDeployment.map(Self.isNamedByRole) ?? false ? kind : nil)
        }
        let definesEndpoint = stages.contains { $0["define"] != nil }
        situations = definesEndpoint ? [.first, .later] : [.later]
        switch origin {
        case .assumed(let situation):
            roles = .assumed(isFirst: situation == .first, newName: newName)
            start = Self.start(for: roles, definesEndpoint: definesEndpoint)
        case .kept(let kept):
            roles = kept
            start = Self.start(for: roles, definesEndpoint: definesEndpoint)
        case .observed(let endpoint):
            roles = Roles(on: endpoint, deploysCandidate: newDeployment != nil, newName: newName)
            start = .known(endpoint)
        }
    }

    /// Returns the action that deploys the candidate: the one whose `name` is the role or, if there is none, the first
    /// `deploy`.
    private static func newDeployment(_ stages: [Node]) -> Node? {
        let actions = stages.flatMap { stage in ["define", "deploy"].compactMap { stage[$0] } }
        return actions.first(where: isNamedByRole)
            ?? stages.lazy.compactMap { $0["deploy"] }.first
    }

    private static func isNamedByRole(_ action: Node) -> Bool {
        action["name"]?.expressionNames.contains(ExpressionScope.candidate) ?? false
    }

    private static func start(for roles: Roles, definesEndpoint: Bool) -> Play.Start {
        if let live = roles.live { return .serving(live) }
        return definesEndpoint ? .known(nil) : .unknown
    }
}

extension NamedFiles {
    /// Returns the name in a `deployment_file`, or `nil` if the file cannot be read, which is reported where it is
    /// used.
    ///
    /// If the name `becomes` the role's, on an endpoint of that kind, an invalid name is reported here at its source,
    /// and not at each use of the role.
    fileprivate mutating func deploymentName(at node: Node, becomes kind: EndpointKind?) -> Name? {
        let before = findings
        let document = document(at: node)
        let new = findings.dropFirst(before.count)
        if new.allSatisfy({ $0.rule == "NamedFile" }) { findings = before }
        guard let document, let written = document.root["name"], let name = written.name else { return nil }
        let place = PlacedName(name: name, what: "deployment", location: location(written, in: document))
        guard let kind, let finding = ValidNames.finding(for: place, kind: kind) else { return name }
        findings.append(finding)
        return nil
    }
}

extension Node {
    /// The names that the expressions in the node use.
    var expressionNames: Set<String> {
        guard hasExpression else { return [] }
        switch content {
        case .scalar(let scalar): return scalar.expressionNames
        case .list(let items): return items.reduce(into: []) { $0.formUnion($1.expressionNames) }
        case .mapping(let members):
            return members.reduce(into: []) {
                $0.formUnion($1.key.scalar.expressionNames.union($1.value.expressionNames))
            }
        case .invalid: return []
        }
    }
}

extension Scalar {
    /// The names in the expressions, as far as these can be parsed.
    fileprivate var expressionNames: Set<String> {
        guard hasExpression else { return [] }
        let characters = Array(text.unicodeScalars)
        var names: Set<String> = []
        var index = 0
        while index + 2 < characters.count {
            guard characters[index] == "$", characters[index + 1] == "{", characters[index + 2] == "{" else {
                index += 1
                continue
            }
            var lexer = ExpressionLexer(characters, opening: index)
            do throws(ExpressionProblem) {
                var token = try lexer.next()
                while token.kind != .end {
                    if case .word(let word) = token.kind { names.insert(word) }
                    token = try lexer.next()
                }
            } catch {
                // The error is reported when the expression is evaluated.
            }
            index = max(lexer.position, index + 3)
        }
        return names
    }
}

extension ExpressionScope {
    fileprivate var withFaultyRoles: ExpressionScope {
        var scope = self
        scope.faulty.formUnion(Self.roles)
        return scope
    }

    /// Returns the scope with the names of the roles; `live` is the empty string if no deployment serves.
    func with(_ roles: Roles) -> ExpressionScope {
        var scope = self
        scope.values[Self.live] = .string(roles.live?.text ?? "")
        scope.values[Self.candidate] = .string(roles.candidate.text)
        return scope
    }

    /// Returns the scope for a stage that is skipped because nothing is live: its action stays in the plan and needs a
    /// name.
    func withPlaceholderLive(besides candidate: Name) -> ExpressionScope {
        var scope = self
        scope.values[Self.live] = .string(candidate.otherColour.text)
        return scope
    }
}

extension PlanMaker {
    /// Checks that no name of a deployment in `filled`, a stage that is not skipped, is empty.
    ///
    /// - Returns: The stage, with empty names marked as invalid after a finding about each.
    static func reportingEmptyRoles(
        _ filled: Node, written: Node, in source: SourceFile, findings: inout [Finding]
    ) -> Node {
        guard case .mapping(var members) = filled.content else { return filled }
        func isEmptyRole(_ filled: Node?, _ written: Node?) -> Bool {
            filled?.scalar?.text.isEmpty == true && written?.expressionNames.contains(ExpressionScope.live) == true
        }
        for index in members.indices {
            let action = members[index].key.text
            guard let before = written[action] else { continue }
            switch action {
            case "traffic", "mirror_traffic":
                let keys = before.members.filter { $0.key.scalar.expressionNames.contains(ExpressionScope.live) }
                guard let key = keys.first?.key, members[index].value.members.contains(where: { $0.key.text.isEmpty })
                else { continue }
                findings.append(.nothingLive(at: Location(source: source, span: key.span)))
                members[index].value.content = .invalid
            case "scale", "invoke", "delete", "deploy", "run", "define":
                for name in ["deployment", "name"] where isEmptyRole(members[index].value[name], before[name]) {
                    let span = before[name]?.span ?? before.span
                    findings.append(.nothingLive(at: Location(source: source, span: span)))
                    members[index].value.content = .invalid
                }
            default: break
            }
        }
        var stage = filled
        stage.content = .mapping(members)
        return stage
    }
}

extension Finding {
    fileprivate static func nothingLive(at place: Location) -> Finding {
        Finding(
            .error, "NothingLive", at: place, "no deployment is live here, so 'live' is empty",
            help: "skip the stage in the first rollout: when: \"${{ live != '' }}\"")
    }
}
