internal import RolloutEngine
internal import Rollouts

/// Makes actions of nodes that have the right shape.
///
/// Each method gives nil where a finding already says what is wrong.
struct ActionReader {
    var files: NamedFiles
    let endpoint: Name?
    let override: Name?
    let kind: EndpointKind

    /// The action, with the names that its files give.
    mutating func action(
        _ kind: StageAction.Kind, _ node: Node
    ) -> (action: StageAction, names: [PlacedName])? {
        switch kind {
        case .define: return define(node)
        case .deploy: return deploy(node)
        case .scale:
            guard let name = node["deployment"]?.name, let count = node["instance_count"]?.scalar?.value.integer else {
                return nil
            }
            return (.scale(name, instanceCount: count), [deploymentName(node)].compactMap(\.self))
        case .invoke: return invoke(node)
        case .mirrorTraffic: return traffic(node).map { (.mirrorTraffic($0.traffic), $0.names) }
        case .traffic: return traffic(node).map { (.traffic($0.traffic), $0.names) }
        case .delete: return delete(node)
        case .wait: return node["for"]?.interval.map { (.wait($0), []) }
        case .run: return run(node)
        }
    }

    private mutating func define(_ node: Node) -> (StageAction, [PlacedName])? {
        let deploymentNode = node["deployment_file"]
        for key in ["name", "set"] where deploymentNode == nil {
            guard let member = node.member(key) else { continue }
            files.report(
                "Set", Location(source: files.playbook, span: member.key.span),
                "\(key) is about a deployment, and the stage defines none",
                help: key == "set" ? "add 'deployment_file: …', or write 'endpoint_set'" : "add 'deployment_file: …'")
        }
        let placed = files.endpoint(at: node["endpoint_file"], endpointOverrides(node), kind: kind)
        let deployment = files.deployment(at: deploymentNode, deploymentOverrides(node), kind: kind)
        let allTraffic = node["all_traffic"]?.scalar?.value.bool ?? false
        if allTraffic, deploymentNode == nil, let place = node.member("all_traffic")?.key.span {
            files.report(
                "AllTraffic", Location(source: files.playbook, span: place),
                "all_traffic needs a deployment to give it to", help: "add 'deployment_file: …'")
        }
        guard let placed, deploymentNode == nil || deployment != nil else { return nil }
        if let endpoint, override == nil, placed.definition.name != endpoint, let place = placed.names.first?.location {
            files.report(
                "EndpointName", place,
                "the file defines endpoint '\(placed.definition.name)', and the playbook's is '\(endpoint)'",
                help: "write 'name: \(endpoint)', or override both with --endpoint")
        }
        return (
            .define(placed.definition, deployment: deployment?.definition, allTraffic: allTraffic),
            placed.names + (deployment?.names ?? [])
        )
    }

    /// What takes the place of values in a define stage's endpoint file.
    func endpointOverrides(_ node: Node) -> FileOverrides {
        FileOverrides(endpoint: override, usualEndpoint: endpoint, set: node["endpoint_set"])
    }

    /// What takes the place of values in the stage's deployment file.
    private func deploymentOverrides(_ node: Node) -> FileOverrides {
        FileOverrides(endpoint: override, usualEndpoint: endpoint, name: node["name"], set: node["set"])
    }

    private mutating func deploy(_ node: Node) -> (StageAction, [PlacedName])? {
        guard
            var placed = files.deployment(at: node["deployment_file"], deploymentOverrides(node), kind: kind)
        else { return nil }
        if let count = node["instance_count"]?.scalar?.value.integer {
            placed.definition.instanceCount = count
            placed.definition.document = placed.definition.document.setting("instance_count", to: .integer(count))
            if files.cluster != nil { placed.definition.keepToAutoscaler() }
        }
        return (.deploy(placed.definition), placed.names)
    }

    private mutating func invoke(_ node: Node) -> (StageAction, [PlacedName])? {
        guard let request = files.request(at: node["request_file"]) else { return nil }
        let expect = node["expect"]
        let invocation = Invocation(
            deployment: node["deployment"]?.name, request: request,
            times: node["times"]?.scalar?.value.integer ?? 1,
            expect: Invocation.Expectation(
                status: expect?["status"]?.scalar?.value.integer ?? 200, within: expect?["within"]?.interval,
                json: expect?["json"]?.value))
        return (.invoke(invocation), [deploymentName(node)].compactMap(\.self))
    }

    private func traffic(_ node: Node) -> (traffic: Traffic, names: [PlacedName])? {
        guard case .mapping(let members) = node.content else { return nil }
        var percents: [Name: Int] = [:]
        var names: [PlacedName] = []
        for member in members {
            guard let percent = member.value.percent else { return nil }
            let name = Name(member.key.text)
            guard percents.updateValue(percent, forKey: name) == nil else { return nil }
            names.append(placed(name, at: member.key.span))
        }
        return (Traffic(percents), names)
    }

    private func delete(_ node: Node) -> (StageAction, [PlacedName])? {
        if let name = deploymentName(node) { return (.deleteDeployment(name.name), [name]) }
        return node["endpoint"]?.scalar?.value.bool == true ? (.deleteEndpoint, []) : nil
    }

    private mutating func run(_ node: Node) -> (StageAction, [PlacedName])? {
        let words = node["command"]?.items.compactMap { $0.value.scalarText } ?? []
        guard !words.isEmpty else { return nil }
        let environment = (node["environment"]?.members ?? []).map {
            ($0.key.text, $0.value.value.scalarText ?? "")
        }
        let command = Command(
            words: words, environment: Dictionary(environment, uniquingKeysWith: { first, _ in first }),
            idempotent: node["idempotent"]?.scalar?.value.bool ?? false, deployment: node["deployment"]?.name)
        if let program = node["command"]?.items.first { files.checkProgram(program) }
        return (.run(command), [deploymentName(node)].compactMap(\.self))
    }

    private func deploymentName(_ node: Node) -> PlacedName? {
        guard let deployment = node["deployment"], let name = deployment.name else { return nil }
        return placed(name, at: deployment.span)
    }

    private func placed(_ name: Name, at span: Span) -> PlacedName {
        PlacedName(name: name, what: "deployment", location: Location(source: files.playbook, span: span))
    }
}

extension Node {
    /// The duration that a scalar holds, or nil.
    var interval: Interval? { scalar?.value.interval }

    /// The percent that a scalar holds, or nil.
    var percent: Int? {
        do throws(ValueProblem) { return try readPercent(scalar?.value ?? .null) } catch { return nil }
    }
}
