internal import ArgumentParser

extension Turnout {
    /// The commands that only look at playbooks.
    static let playbookCommands: [any ParsableCommand.Type] = [
        PlaybooksCommand.self, CheckCommand.self, PlanCommand.self, RehearseCommand.self, AnalyzeCommand.self,
    ]

    /// The commands that only look at runs.
    static let runCommands: [any ParsableCommand.Type] = [
        RunsCommand.self, StatusCommand.self, EventsCommand.self, ExportCommand.self,
    ]

    /// The commands about endpoints and about the state folder.
    static let assetCommands: [any ParsableCommand.Type] = [
        ModelCommand.self, EnvironmentCommand.self, CodeCommand.self,
    ]

    static let endpointCommands: [any ParsableCommand.Type] = [
        EndpointCommand.self, ServeCommand.self, DoctorCommand.self,
    ]
}
