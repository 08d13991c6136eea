internal import Rollouts

/// Reads `run: {command: [notify, done]}`.
struct RunSyntax: ActionSyntax {
    let field = Field(
        "run",
        .object(
            ObjectShape(
                "run",
                [
                    Field(
                        "command", .list(.word, atLeast: 1), required: true,
                        "Program and its arguments. A program with a slash is relative to the playbook's folder, "
                            + "which is also the working folder; a bare name is looked up in PATH.",
                        example: "[notify, done]"),
                    Field("environment", .mapping(.word), "Environment variables to add, by name."),
                    Field(
                        "deployment", .name,
                        "Name of the deployment that the program gets in TURNOUT_DEPLOYMENT. Default: the candidate.",
                        example: "green"),
                    Field(
                        "idempotent", .boolean,
                        "Whether the program may be started again after a crash. Default: false."),
                ])),
        "Runs a program without a shell.")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        let words = node["command"]?.items.compactMap { $0.value.scalarText } ?? []
        guard !words.isEmpty else { return nil }
        let environment = (node["environment"]?.members ?? []).map {
            ($0.key.text, $0.value.value.scalarText ?? "")
        }
        let command = Command(
            words: words, environment: Dictionary(environment, uniquingKeysWith: { first, _ in first }),
            idempotent: node["idempotent"]?.scalar?.value.bool ?? false, deployment: node["deployment"]?.name)
        if let program = node["command"]?.items.first { reader.files.checkProgram(program) }
        return (.run(command), [reader.deploymentName(node)].compactMap(\.self))
    }
}
