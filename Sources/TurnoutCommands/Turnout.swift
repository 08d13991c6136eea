package import ArgumentParser
internal import Support

package struct Turnout: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "turnout",
        abstract: "Staged rollouts of model servers, journaled step by step.",
        discussion: """
            EXAMPLES:
              turnout plan safe-rollout
              turnout run safe-rollout --approve all
              turnout approve --resume
              turnout status --watch

            Runs are named PLAYBOOK-N. Without a name, commands use the only run that fits. The folders Playbooks/ and \
            state/ are in TURNOUT_HOME (default: the working folder); TURNOUT_STATE overrides the state folder.

            Completion: turnout --generate-completion-script bash|zsh|fish
            """,
        version: Program.version,
        groupedSubcommands: [
            CommandGroup(name: "Running", subcommands: runningCommands),
            CommandGroup(name: "Playbooks", subcommands: playbookCommands),
            CommandGroup(name: "Runs", subcommands: runCommands),
            CommandGroup(name: "Assets", subcommands: assetCommands),
            CommandGroup(name: "Endpoints and state", subcommands: endpointCommands),
        ])

    package init() {}

    /// Commands that start a rollout or work on it.
    static let runningCommands: [any ParsableCommand.Type] = [
        RunCommand.self, ResumeCommand.self, RetryCommand.self, AbortCommand.self, SkipCommand.self,
        ApproveCommand.self, RejectCommand.self,
    ]

    /// Commands for playbooks.
    static let playbookCommands: [any ParsableCommand.Type] = [
        PlaybooksCommand.self, CheckCommand.self, PlanCommand.self, RehearseCommand.self, AnalyzeCommand.self,
    ]

    /// Commands that show runs.
    static let runCommands: [any ParsableCommand.Type] = [
        RunsCommand.self, StatusCommand.self, EventsCommand.self, ExportCommand.self,
    ]

    static let assetCommands: [any ParsableCommand.Type] = [
        ModelCommand.self, EnvironmentCommand.self, CodeCommand.self,
    ]

    /// Commands for endpoints and the state folder.
    static let endpointCommands: [any ParsableCommand.Type] = [
        EndpointCommand.self, ServeCommand.self, DoctorCommand.self,
    ]
}
