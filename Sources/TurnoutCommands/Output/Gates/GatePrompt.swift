internal import RolloutEngine
internal import Rollouts
internal import Support

/// Asks at the keyboard whether to approve a gate, and why.
struct GatePrompt {
    struct Decision: Hashable {
        var kind: Request.Kind
        var reason: String?
    }

    let gate: ApprovalGate
    /// The result of the last decision.
    var notice: String?
    private var answer: (kind: Request.Kind, reason: String)?

    init(gate: ApprovalGate) { self.gate = gate }

    /// Processes a key; returns the decision if the key completes one.
    mutating func press(_ key: KeyReader.Key) -> Decision? {
        guard var answer else {
            switch key {
            case .character("y"), .character("Y"): self.answer = (.approve, "")
            case .character("n"), .character("N"): self.answer = (.reject, "")
            default: break
            }
            return nil
        }
        switch key {
        case .character(let character) where answer.reason.count < 500: answer.reason.append(character)
        case .character: break
        case .backspace: _ = answer.reason.popLast()
        case .escape:
            self.answer = nil
            return nil
        case .enter:
            self.answer = nil
            return Decision(kind: answer.kind, reason: answer.reason.isEmpty ? nil : answer.reason)
        }
        self.answer = answer
        return nil
    }

    func lines(_ tree: LiveTree, _ style: Style, columns: Int) -> [String] {
        var lines: [String] = []
        if let instructions = tree.approval?.instructions {
            lines += instructions.printable.hanging(behind: "instructions: ", width: columns)
        }
        if let notice { lines += notice.printable.hanging(behind: "", width: columns).map { style($0, .yellow) } }
        let stage = tree.stageName ?? "the stage"
        guard let answer else {
            let (question, keys, leave) = ("Approve \(stage)?", "[y]es  [n]o", "Ctrl-C: decide later")
            guard question.count + keys.count + leave.count + 4 > columns else {
                return lines + [style.bold(question) + "  \(keys)  " + style.dim(leave)]
            }
            return lines + question.hanging(behind: "", width: columns).map(style.bold) + [keys, style.dim(leave)]
        }
        let question = answer.kind == .approve ? "Approve \(stage). Reason:" : "Reject \(stage). Reason:"
        let room = max(columns - question.count - 3, 10)
        return lines + [
            style.bold(question) + " " + answer.reason.suffix(room) + "▏"
        ] + "Enter decides; the reason is optional. Esc goes back.".hanging(behind: "", width: columns).map(style.dim)
    }
}
