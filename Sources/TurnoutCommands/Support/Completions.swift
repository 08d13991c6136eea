internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// Values for shell completion.
///
/// Errors yield no values, because a completion cannot report them.
enum Completions {
    static func playbooks() -> [String] {
        do {
            return try PlaybookFolder(.current).all().map(PlaybookFolder.name)
        } catch {
            return []
        }
    }

    static func runs() -> [String] { records().map(\.id.description) }

    static func unfinishedRuns() -> [String] { unfinished().map(\.id.description) }

    /// The stages of the runs that have not ended.
    static func stages() -> [String] {
        withJournal { journal in
            try unfinished().flatMap { try journal.stages(of: $0.id) }.map(\.name)
        }.uniqued
    }

    /// The endpoints of all runs.
    static func endpoints() -> [String] { records().map(\.endpoint.text).uniqued }

    /// The deployments that runs observed last.
    static func deployments() -> [String] {
        records().flatMap { $0.latest.snapshot?.deployments.map(\.name.text) ?? [] }.uniqued
    }

    private static func records() -> [RunRecord] { withJournal { try $0.runs() } }

    private static func unfinished() -> [RunRecord] { records().filter { !$0.status.isEnded } }

    private static func withJournal<Element>(_ read: (any Journal) throws -> [Element]) -> [Element] {
        do {
            let journal = try Composition.current.openJournal(Workspace.current.state, true)
            let found = try read(journal)
            try journal.close()
            return found
        } catch {
            return []
        }
    }
}

extension [String] {
    /// The elements without duplicates, in order of first occurrence.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
