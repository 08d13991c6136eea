internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// How a run comes to its number, its lease and its first line in the journal.
struct RunStarting {
    var journal: SQLiteJournal
    var selection: BackendSelection
    var open: any OpenBackend
    /// Takes the place of another state folder's run that has not ended.
    var takeOver = false

    /// Starts a run that is counted by the name `playbook`; `snapshot` makes the plan for a run's number.
    func start(
        _ playbook: String, approved: [String], parent: (run: StoredRun, stage: Int)? = nil,
        _ snapshot: (RunID) throws -> PlanSnapshot
    ) async throws -> (RunMachine, Lease) {
        while true {
            let id = try journal.nextRunID(of: playbook)
            let snapshot = try snapshot(id)
            let key = selection.leaseKey(of: snapshot.plan)
            var lease = try journal.acquireLease(on: key, for: id, takeOver: false)
            do {
                _ = try await open.take(&lease, as: .start(takeOver: takeOver), in: journal)
            } catch {
                try journal.release(lease)
                throw error
            }
            do {
                try await LiveRole.check(snapshot.plan, parent, on: open.backend)
            } catch {
                await open.giveBackIfPossible(lease, isFinished: true)
                try journal.release(lease)
                throw error
            }
            let launcher = RunLauncher(
                journal: journal, starter: .current(), now: open.now,
                playbookFolder: parent?.run.record.playbookFolder
                    ?? snapshot.plan.files.first.map { folder(of: $0.path) },
                groups: LocalGroup.memberships(in: snapshot.plan))
            do {
                return (try launcher.create(snapshot, approved: approved, parent: parent, under: lease), lease)
            } catch {
                await open.giveBackIfPossible(lease, isFinished: true)
                try journal.release(lease)
                // Another process has taken the number in between.
                guard error.code == .runExists else { throw error }
            }
        }
    }
}

/// Refuses where a run of the endpoint has not ended: says who works on it, or how to go on with it.
func refuseUnfinishedRun(on key: LeaseKey, _ journal: SQLiteJournal, _ workspace: Workspace) throws {
    guard let other = try journal.unfinishedRun(on: key) else { return }
    let record = try journal.record(of: other)
    if let holder = try journal.holder(of: other) {
        throw CommandFailure(
            .notOurs,
            "\(key) is taken: process \(holder.process) on \(holder.host) works on run \(other); "
                + "wait for it, follow it by `turnout status \(other) --watch`, or end it by `turnout abort \(other)`")
    }
    let reason = record.reason.map { ", \($0)" } ?? ""
    let ways = NextCommand(try journal.situation(of: other, in: workspace)).lines(.plain, columns: .max)
    throw CommandFailure(
        .notOurs,
        "\(key) is taken: run \(other) has not ended (\(record.status.words)\(reason)), and no process works on it.\n"
            + ways.joined(separator: "\n"))
}
