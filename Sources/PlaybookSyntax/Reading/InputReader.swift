internal import Rollouts

/// Combines the inputs that a playbook declares with those that a user gave.
struct InputReader {
    let source: SourceFile
    private(set) var values: [String: Value] = [:]
    /// Inputs without a value, for which a finding says why.
    private(set) var faulty: Set<String> = []
    private(set) var findings: [Finding] = []
    /// Paths that the user typed, by the path that the playbook would use.
    private(set) var userPaths: [String: UserPath] = [:]
    private let userPath: UserPathFinder

    /// Resolves a path that the user typed for an input; the result is `nil` if the value comes from the playbook.
    typealias UserPathFinder = (_ input: String, _ text: String) -> UserPath?

    init(
        source: SourceFile, inputs: Node.Member?, given: [String: InputText],
        userPath: @escaping UserPathFinder = { _, _ in nil }
    ) {
        self.source = source
        self.userPath = userPath
        let members = inputs?.value.members ?? []
        for member in members {
            if !TextPattern.inputName.fits(member.key.text) {
                report(
                    member.key.span, "\(member.key.text.quoted) is not a valid input name",
                    TextPattern.inputName.help)
            }
            guard let declaration = InputDeclaration(member) else {
                faulty.insert(member.key.text)
                continue
            }
            checkBounds(of: declaration)
            read(declaration, given: given[declaration.name])
        }
        let names = members.map(\.key.text)
        for name in given.keys.sorted() where !names.contains(name) {
            report(
                inputs?.key.span ?? .beginning, "there is no input \(name.quoted)",
                suggestion(for: name, among: names, noun: "inputs"))
        }
    }

    private mutating func read(_ declaration: InputDeclaration, given: InputText?) {
        let name = declaration.name
        let standard = declaration.node["default"]
        if let standard {
            do throws(ValueProblem) {
                values[name] = try declaration.value(of: .value(standard.value))
            } catch {
                report(standard.span, "the default of \(name.quoted) \(error.message)", error.help)
            }
        }
        guard let given else {
            guard standard == nil else {
                if values[name] == nil { faulty.insert(name) }
                return
            }
            faulty.insert(name)
            return report(
                declaration.keySpan, "input \(name.quoted) has no value", "give it with --input \(name)=…")
        }
        do throws(ValueProblem) {
            values[name] = try declaration.value(of: given)
            if declaration.type == .path, let text = values[name]?.string, let path = userPath(name, text) {
                values[name] = .string(path.path)
                take(path, text, of: declaration)
            }
        } catch {
            values[name] = nil
            faulty.insert(name)
            report(
                declaration.keySpan, "the value \(given.written.quoted) of input \(name.quoted) \(error.message)",
                error.help)
        }
    }

    private mutating func take(_ path: UserPath, _ text: String, of declaration: InputDeclaration) {
        userPaths[path.path] = path
        guard let other = path.other else { return }
        findings.append(
            Finding(
                .warning, "Input", at: Location(source: source, span: declaration.keySpan),
                "\(text.quoted) exists both in the folder where it was typed and in the playbook's folder",
                help: "\(path.path.quoted) (relative to the playbook) is used; for the other one, type \(other)"))
    }

    private mutating func checkBounds(of declaration: InputDeclaration) {
        for key in ["minimum", "maximum"] {
            guard let bound = declaration.node[key], declaration.size(of: bound.value) == nil else { continue }
            let hasSize = [.integer, .number, .percent, .duration].contains(declaration.type)
            report(
                bound.span, "\(key) does not fit the type \(declaration.type.rawValue)",
                hasSize ? "it must be \(declaration.type.phrase)" : "remove it")
        }
    }

    private mutating func report(_ span: Span, _ message: String, _ help: String?) {
        findings.append(Finding(.error, "Input", at: Location(source: source, span: span), message, help: help))
    }
}

extension InputText {
    fileprivate var written: String {
        switch self {
        case .text(let text): text
        case .value(let value): value.scalarText ?? value.kindName
        }
    }
}
