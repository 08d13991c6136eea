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

            Runs are named PLAYBOOK-N; without a name, a command means the only run that it can mean. \
            Playbooks/ and state/ are looked for in TURNOUT_HOME, or in the working folder; TURNOUT_STATE names the \
            state folder by itself.

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

    /// Those that start a rollout and work on it.
    static let runningCommands: [any ParsableCommand.Type] = [
        RunCommand.self, ResumeCommand.self, RetryCommand.self, AbortCommand.self, SkipCommand.self,
        ApproveCommand.self, RejectCommand.self,
    ]

    /// Those that only look at playbooks.
    static let playbookCommands: [any ParsableCommand.Type] = [
        PlaybooksCommand.self, CheckCommand.self, PlanCommand.self, RehearseCommand.self, AnalyzeCommand.self,
    ]

    /// Those that only look at runs.
    static let runCommands: [any ParsableCommand.Type] = [
        RunsCommand.self, StatusCommand.self, EventsCommand.self, ExportCommand.self,
    ]

    static let assetCommands: [any ParsableCommand.Type] = [
        ModelCommand.self, EnvironmentCommand.self, CodeCommand.self,
    ]

    /// Those about endpoints and about the state folder.
    static let endpointCommands: [any ParsableCommand.Type] = [
        EndpointCommand.self, ServeCommand.self, DoctorCommand.self,
    ]
}
