internal import FoundationEssentials
internal import RolloutEngine

/// What the clients of a run have met, kept in the state folder so that `turnout status` can tell it too.
struct ClientsFile {
    private let path: String

    init(_ run: RunID, in workspace: Workspace) { path = "\(workspace.state)/local/clients/\(run).json" }

    func read() throws -> ClientsReport? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try JSONDecoder().decode(ClientsReport.self, from: Data(contentsOf: URL(filePath: path)))
    }

    func write(_ report: ClientsReport) throws {
        let folder = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(try JSONText.line(report).utf8).write(to: URL(filePath: path), options: .atomic)
    }
}
