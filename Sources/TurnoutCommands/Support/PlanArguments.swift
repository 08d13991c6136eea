internal import ArgumentParser
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutService
internal import Rollouts

/// The options for making a plan, which `check`, `plan`, `rehearse` and `run` share.
struct PlanArguments: ParsableArguments {
    @Option(
        name: .customLong("input"),
        help: ArgumentHelp(
            "Set an input of the playbook; can be repeated. A path is relative to the working folder or, if it does "
                + "not exist there, to the playbook's folder.", valueName: "key=value"))
    var inputs: [String] = []

    @Option(
        name: .customLong("inputs"),
        help: ArgumentHelp(
            "Read inputs from a YAML file; paths in it are relative to it. --input overrides it.", valueName: "file"))
    var inputsFile: String?

    @OptionGroup var backend: BackendFlags

    @Option(
        help: ArgumentHelp("The endpoint. Default: the one that the playbook names.", valueName: "name"),
        completion: .custom { _, _, _ in Completions.endpoints() })
    var endpoint: String?

    @Flag(help: "Allow the playbook to use files and programs outside its folder.")
    var allowOutsidePaths = false

    func validate() throws {
        _ = try pairs()
    }

    /// Returns a request for `playbook`, a name in `Playbooks/` or a path.
    ///
    /// - Throws: ``ServiceError`` if there is no such playbook, or the file of inputs has errors.
    func request(_ playbook: String) throws -> PlanRequest {
        let path = try PlaybookFolder(.current).path(of: playbook)
        var request = PlanRequest(path: path, selection: try backend.selection())
        request.endpoint = endpoint.map { Name($0) }
        request.allowOutsidePaths = allowOutsidePaths
        if let file = inputsFile {
            let (values, findings) = readInputs(path: file)
            guard !findings.contains(where: { $0.severity == .error }) else {
                throw ServiceError(
                    .invalidPlaybook, "cannot read the inputs; nothing was changed", findings: findings)
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

    /// Returns the values of `--input`, by key.
    private func pairs() throws(ValidationError) -> [String: String] { try Self.pairs(of: inputs) }

    /// Returns the values of `--input`, by key.
    static func pairs(of inputs: [String]) throws(ValidationError) -> [String: String] {
        var pairs: [String: String] = [:]
        for input in inputs {
            guard let equals = input.firstIndex(of: "="), equals != input.startIndex else {
                throw ValidationError("'\(input)' is not an input; expected --input key=value")
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
