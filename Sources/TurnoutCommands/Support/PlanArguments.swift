internal import ArgumentParser
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutService
internal import Rollouts

/// What a plan is made from besides its playbook: the options that `check`, `plan`, `rehearse` and `run` share.
struct PlanArguments: ParsableArguments {
    @Option(
        name: .customLong("input"),
        help: ArgumentHelp(
            "Set an input of the playbook; may be given many times. A path is relative to the working folder or, if "
                + "nothing is there, to the playbook's.", valueName: "key=value"))
    var inputs: [String] = []

    @Option(
        name: .customLong("inputs"),
        help: ArgumentHelp(
            "Read inputs from a YAML file, whose paths are relative to it; --input overrides it.", valueName: "file"))
    var inputsFile: String?

    @OptionGroup var backend: BackendFlags

    @Option(
        help: ArgumentHelp("The endpoint, instead of the one that the playbook names.", valueName: "name"),
        completion: .custom { _, _, _ in Completions.endpoints() })
    var endpoint: String?

    @Flag(help: "Let the playbook name files and programs outside its folder.")
    var allowOutsidePaths = false

    func validate() throws {
        _ = try pairs()
    }

    /// What is to be planned of `playbook`, a name in `Playbooks/` or a path.
    ///
    /// - Throws: ``ServiceError`` where there is no such playbook, or the inputs' file is wrong.
    func request(_ playbook: String) throws -> PlanRequest {
        let path = try PlaybookFolder(.current).path(of: playbook)
        var request = PlanRequest(path: path, selection: try backend.selection())
        request.endpoint = endpoint.map { Name($0) }
        request.allowOutsidePaths = allowOutsidePaths
        if let file = inputsFile {
            let (values, findings) = readInputs(path: file)
            guard !findings.contains(where: { $0.severity == .error }) else {
                throw ServiceError(
                    .invalidPlaybook, "the inputs cannot be read; nothing was changed", findings: findings)
            }
            for finding in findings { Notices.tell(.finding(finding)) }
            request.inputs = values
            request.inputFolders = values.mapValues { _ in folder(of: file) }
        }
        for (key, value) in try pairs() {
            request.inputs[key] = .text(value)
            request.inputFolders[key] = FileManager.default.currentDirectoryPath
        }
        return request
    }

    /// The inputs of `--input`, by key.
    private func pairs() throws(ValidationError) -> [String: String] { try Self.pairs(of: inputs) }

    /// What `--input` says, by key.
    static func pairs(of inputs: [String]) throws(ValidationError) -> [String: String] {
        var pairs: [String: String] = [:]
        for input in inputs {
            guard let equals = input.firstIndex(of: "="), equals != input.startIndex else {
                throw ValidationError("'\(input)' is no input; write --input key=value")
            }
            let key = String(input[..<equals])
            let value = String(input[input.index(after: equals)...])
            guard pairs.updateValue(value, forKey: key) == nil else {
                throw ValidationError("the input '\(key)' is given twice")
            }
        }
        return pairs
    }
}
