internal import ArgumentParser

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

    @Option(
        help: ArgumentHelp(
            BackendSelection.help, discussion: BackendSelection.helpOnDefault),
        completion: .list(BackendSelection.names))
    var backend: String?

    @OptionGroup var azure: AzureOptions
    @OptionGroup var cluster: ClusterOptions

    @Option(
        help: ArgumentHelp("The endpoint, instead of the one that the playbook names.", valueName: "name"),
        completion: .custom { _, _, _ in Completions.endpoints() })
    var endpoint: String?

    @Flag(help: "Let the playbook name files and programs outside its folder.")
    var allowOutsidePaths = false

    /// The backend that is named, in the workspace or cluster that is named.
    func selection() throws(CommandFailure) -> BackendSelection {
        try BackendSelection(named: backend, workspace: azure.workspace).on(cluster)
    }

    func validate() throws {
        _ = try pairs()
    }

    /// The inputs of `--input`, by key.
    func pairs() throws(ValidationError) -> [String: String] { try Self.pairs(of: inputs) }

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
