internal import FoundationEssentials
internal import GRDB
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState
internal import Synchronization

/// The requests recorded in hash-chained events, by run and number.
///
/// A decision counts only as it was made: a row of the requests table that differs from its event was changed manually.
final class RecordedRequests: Sendable {
    private let known = Mutex<[RunID: [Int: Request]]>([:])

    /// Throws ``JournalError/Code/tampered`` unless an intact event records exactly this request.
    func check(_ request: Request, of run: RunID, in db: Database) throws {
        if known.withLock({ $0[run]?[request.number] }) == request { return }
        let made = try Self.read(of: run, in: db)
        known.withLock { $0[run] = made }
        guard made[request.number] != request else { return }
        throw JournalError(
            .tampered,
            "request \(request.number) of run \(run) was changed or added by something other than Turnout; see "
                + "`turnout events \(run) --verify`")
    }

    /// Reads the requests whose events are intact.
    static func read(of run: RunID, in db: Database) throws -> [Int: Request] {
        var made: [Int: Request] = [:]
        try EventLine.forEach(of: run, kind: "request.made", in: db) { line in
            guard line.isIntact(in: run),
                case .requestMade(let request) = try JSONDecoder().decode(RunEvent.self, from: line.payload)
            else { return }
            made[request.number] = request
        }
        return made
    }
}
