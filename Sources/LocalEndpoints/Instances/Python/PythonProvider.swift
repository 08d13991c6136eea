internal import AssetFiles

/// A program that creates the environment for a conda file.
package enum PythonProvider: Hashable, Sendable {
    /// A conda program, which reads the conda file itself and provides the Python that it names.
    case conda(Kind, program: String)
    /// uv, which provides the requested Python; `python` is a version or the path of an interpreter.
    case uv(program: String, python: String?)
    /// The interpreter's own `venv` and `pip`.
    case venv(PythonInterpreter)

    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case micromamba, mamba, conda, uv, venv

        /// Whether the provider reads conda files itself.
        package var isConda: Bool { self != .uv && self != .venv }
    }
}

/// A provider, with a remark about the choice.
struct ChosenProvider: Hashable {
    var provider: PythonProvider
    /// How the environment deviates from the conda file; nil if it does not.
    var note: String?
}

extension PythonProvider {
    /// Chooses a provider: the one in the playbook, otherwise a conda program, uv, or a Python of this machine.
    static func choose(
        for conda: CondaFile?, _ choice: PythonChoice = PythonChoice(), on machine: PythonMachine
    ) throws(CondaFile.Problem) -> ChosenProvider {
        let search = PythonSearch(conda: conda, choice: choice, machine: machine)
        if let kind = choice.provider { return try search.named(kind) }
        if choice.program != nil { return try search.venv() }
        // Without a conda file, no conda program is needed.
        if conda != nil {
            for kind in Kind.allCases where kind.isConda {
                if let program = machine.program(kind.rawValue) {
                    return ChosenProvider(provider: .conda(kind, program: program))
                }
            }
        }
        if let program = machine.program(Kind.uv.rawValue) { return try search.uv(program) }
        return try search.venv()
    }

    /// The Python of this machine closest to the one that serves `conda`, and whether its minor version is the same.
    ///
    /// Nil if this machine has no Python.
    static func nearest(
        to conda: CondaFile?, _ choice: PythonChoice, on machine: PythonMachine
    ) -> (python: PythonInterpreter, isSame: Bool)? {
        let search = PythonSearch(conda: conda, choice: choice, machine: machine)
        var wanted: CondaVersions?
        do throws(CondaFile.Problem) {
            if case .venv(let python) = try choose(for: conda, choice, on: machine).provider { return (python, true) }
            wanted = try conda?.pythonVersions()
        } catch {
            // Reported with the conda file.
        }
        let minor = wanted?.minor.map { "3.\($0)." }
        let pythons = search.names(wanted).lazy.compactMap { machine.interpreter($0) }
        if let minor, let python = pythons.first(where: { $0.version.hasPrefix(minor) }) { return (python, true) }
        return pythons.first.map { ($0, false) }
    }

    var kind: Kind {
        switch self {
        case .conda(let kind, _): kind
        case .uv: .uv
        case .venv: .venv
        }
    }
}

/// The search for the provider of an environment.
private struct PythonSearch {
    let conda: CondaFile?
    let choice: PythonChoice
    let machine: PythonMachine

    /// The provider that the playbook names; throws if this machine does not have it.
    func named(_ kind: PythonProvider.Kind) throws(CondaFile.Problem) -> ChosenProvider {
        guard kind != .venv else { return try venv() }
        guard let program = machine.program(kind.rawValue) else {
            throw CondaFile.Problem(
                message: "must be installed with \(kind.rawValue), as the playbook says, but there is no program "
                    + "'\(kind.rawValue)' in PATH",
                help: "install it, or change backends.local.python in the playbook")
        }
        guard kind.isConda else { return try uv(program) }
        return ChosenProvider(provider: .conda(kind, program: program))
    }

    func uv(_ program: String) throws(CondaFile.Problem) -> ChosenProvider {
        guard choice.program == nil else {
            let found = try interpreter()
            return ChosenProvider(provider: .uv(program: program, python: found.python.path), note: found.note)
        }
        let wanted = try conda?.pythonVersions()
        var note: String?
        if let wanted, wanted.singleClause?.relation == .equal, !wanted.isRelease {
            note =
                "to conda, \(conda?.python?.text ?? "") is only \(wanted.words).0; uv uses the latest \(wanted.words)"
        }
        return ChosenProvider(provider: .uv(program: program, python: wanted?.request), note: note)
    }

    func venv() throws(CondaFile.Problem) -> ChosenProvider {
        let found = try interpreter()
        return ChosenProvider(provider: .venv(found.python), note: found.note)
    }

    /// The interpreter that the playbook names, or the first one of this machine that satisfies the conda file.
    private func interpreter() throws(CondaFile.Problem) -> (python: PythonInterpreter, note: String?) {
        let wanted = try conda?.pythonVersions()
        var others: [PythonInterpreter] = []
        for name in names(wanted) {
            guard let python = machine.interpreter(name) else { continue }
            if wanted?.admits(python.version) ?? true { return (python, nil) }
            if let wanted, wanted.admits(python.version, roughly: true) {
                let text = conda?.python?.text ?? ""
                return (python, "conda would not accept Python \(python.version) for \(text), but it is used anyway")
            }
            if !others.contains(where: { $0.version == python.version }) { others.append(python) }
        }
        guard let other = others.first else {
            if let program = choice.program {
                throw CondaFile.Problem(
                    message: "must be installed for \(program), as the playbook says, but that is not a working Python",
                    help: "change backends.local.python in the playbook", entry: conda?.python?.text)
            }
            throw CondaFile.Problem(
                message: "requires \(conda?.python?.text ?? "Python"), but this machine has no Python",
                help: Self.alternativesHelp(wanted, hasOther: false), entry: conda?.python?.text)
        }
        let text = conda?.python?.text ?? "Python"
        guard choice.acceptsAnyVersion else {
            let versions = others.map { "Python \($0.version)" }.joined(separator: " and ")
            let subject = choice.program.map { "the playbook names \($0), which is" } ?? "this machine has"
            throw CondaFile.Problem(
                message: "requires \(text), but \(subject) \(versions)",
                help: Self.alternativesHelp(wanted, hasOther: true), entry: conda?.python?.text)
        }
        return (other, "the conda file requires \(text); Python \(other.version) is used, as `version: any` allows")
    }

    /// The names of interpreters to look for, most suitable first.
    func names(_ wanted: CondaVersions?) -> [String] {
        if let program = choice.program { return [program] }
        guard let wanted else { return ["python3", "python"] }
        guard wanted.minor == nil else { return wanted.minor.map { ["python3.\($0)", "python3", "python"] } ?? [] }
        // For a range, a newer Python may be installed only under its versioned name.
        return ["python3", "python"] + (8...14).reversed().map { "python3.\($0)" }
    }

    private static func alternativesHelp(_ wanted: CondaVersions?, hasOther: Bool) -> String {
        let name = wanted?.minor.map { "python3.\($0)" } ?? "a Python that fits"
        return "install \(name); or uv (`pip install uv`) or micromamba, which provide it"
            + (hasOther
                ? "; or accept another version with `backends.local.python: {version: any}` in the playbook" : "")
    }
}
