internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// Formats a preview, similar to a Terraform plan.
struct PlanText {
    var style: Style
    var columns: Int

    func lines(_ preview: PlanPreview) -> [String] {
        var lines = [
            "\(style.bold(preview.playbook)) on endpoint \(style.bold(preview.endpoint.text)), \(preview.backend)"
        ]
        if preview.touchesEndpoint {
            lines += now(preview)
            if let roles = preview.roles { lines += "\(roles.sentence).".hanging(behind: "Roles: ", width: columns) }
            lines += preview.servers.lines(columns: columns, heading: "Servers in this plan:")
        } else {
            lines = ["\(style.bold(preview.playbook)), which uses no endpoint"]
        }
        for (number, stage) in zip(1..., preview.stages) { lines += [""] + self.lines(stage, number) }
        return lines + ["", style.bold(summary(preview))]
    }

    /// For example `Plan: 2 to create, 4 to change, 1 to delete; 2 approvals; about 1h 33m on simulated`.
    func summary(_ preview: PlanPreview) -> String {
        let counts =
            "\(preview.count(of: .create)) to create, \(preview.count(of: .change)) to change, "
            + "\(preview.count(of: .delete)) to delete"
        let approvals = preview.approvals.counted("approval")
        let duration = preview.duration.map { "; about \($0.short) on \(preview.backend)" } ?? ""
        return "Plan: \(counts); \(approvals)\(duration)"
    }

    private func now(_ preview: PlanPreview) -> [String] {
        guard let endpoint = preview.now else {
            return ["Endpoint \(preview.endpoint) does not exist on \(preview.backend) yet."]
        }
        let deployments = endpoint.deployments.map { "\($0.name) \($0.instances.ready)/\($0.instances.wanted) ready" }
        var parts = ["traffic \(endpoint.traffic.wanted.words)"]
        if !endpoint.mirrorTraffic.wanted.isEmpty { parts.append("mirror traffic \(endpoint.mirrorTraffic.wanted)") }
        parts.append(deployments.isEmpty ? "no deployments" : deployments.joined(separator: ", "))
        return parts.joined(separator: "; ").hanging(behind: "Now: ", width: columns)
    }

    private func lines(_ stage: PlanPreview.Stage, _ number: Int) -> [String] {
        let place = "\(number)".count < 2 ? " \(number)" : "\(number)"
        let word = stage.name == stage.action.rawValue ? "" : "  " + style.dim(stage.action.words)
        let head = "\(style.dim(place)) \(style.bold(stage.name))\(word)"
        if let reason = stage.skip {
            return [head] + mark("–", .dim, "skipped: \(reason)")
        }
        var lines = [head]
        if let approval = stage.approval { lines += mark("◇", .yellow, approval.words) }
        lines += effects(stage.effects)
        lines += stage.deeds.flatMap { mark("·", nil, $0) }
        if let refusal = stage.refusal {
            lines += mark("✗", .red, "would be refused: \(refusal)")
        } else if stage.effects.isEmpty, stage.deeds.isEmpty {
            lines += mark("=", .dim, "nothing to change")
        }
        lines += stage.warnings.flatMap { mark("!", .yellow, $0) }
        if let analysis = stage.analysis { lines += mark("·", nil, analysis.words + stage.verdictWords) }
        let unanalysed = stage.analysisSkip.map { " without an analysis: \($0)" } ?? ""
        if stage.bake > .zero { lines += mark("·", nil, "bakes for \(stage.bake)" + unanalysed) }
        return lines + mark(" ", nil, stage.limits).map(style.dim)
    }

    private func effects(_ effects: [PlanPreview.Effect]) -> [String] {
        var table = Table(.init(""), .init(""), .init(""))
        table.rows = effects.map { effect in
            [Table.Cell(effect.sign.symbol, effect.sign.tint), Table.Cell(effect.what), Table.Cell(effect.values)]
        }
        // The columns of a table are two characters apart.
        return table.lines(style, width: max(columns - 4, 40)).map { "    " + $0 }
    }

    private func mark(_ sign: String, _ tint: Style.Tint?, _ text: String) -> [String] {
        let lines = text.hanging(behind: "    \(sign)  ", width: columns)
        guard let first = lines.first else { return [] }
        return ["    " + style(sign, tint) + first.dropFirst(4 + sign.count)] + lines.dropFirst()
    }
}

extension StageAction.Kind {
    /// The kind for display: `mirror traffic`.
    var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}

extension PlanPreview.Effect {
    /// `1 → 2`, or the only value.
    fileprivate var values: String { [before, after].compactMap(\.self).joined(separator: " → ") }
}

extension PlanPreview.Effect.Sign {
    var symbol: String {
        switch self {
        case .create: "+"
        case .change: "~"
        case .delete: "-"
        }
    }

    fileprivate var tint: Style.Tint {
        switch self {
        case .create: .green
        case .change: .yellow
        case .delete: .red
        }
    }
}

extension PlanPreview.Stage {
    /// The timeout, the attempts and the failure policy.
    fileprivate var limits: String {
        var parts = timeout == .distantFuture ? [] : ["times out after \(timeout)"]
        if retry.attempts > 1 { parts.append("\(retry.attempts) attempts, with a backoff of \(retry.backoff)") }
        parts.append("on failure: \(onFailure.words)")
        return parts.joined(separator: "; ")
    }
}

extension PlanPreview.Stage {
    fileprivate var verdictWords: String {
        verdict.map { "; if the candidate is as good as the control, it passes after about \($0.short)" } ?? ""
    }
}

extension FailurePolicy {
    var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}
