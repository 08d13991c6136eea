internal import AzureEndpoints
internal import HTTPTypes
internal import RolloutEngine
internal import Rollouts

/// The checks that every write must pass (fencing, idempotency, preconditions, rules) and its entry in the history.
extension EndpointRegistry {
    /// Admits a change, or throws the reason for refusing it; both outcomes are recorded in the endpoint's history.
    ///
    /// `etag` is the present ETag of the resource, or nil if the resource does not exist. `body` checks the rules; it
    /// returns the records to save, and whether the desired state changed.
    func admit(
        _ change: Change, to endpoint: Name, as write: WriteRequest, etag: String?,
        _ body: () throws -> (kept: Kept, acceptance: Acceptance, hadEffect: Bool)
    ) throws -> Acceptance {
        guard dataPlane != nil else {
            throw ControlError(
                .conflict, "Conflict",
                "this emulator is read-only: it shows the saved state and changes nothing; `turnout serve` starts one "
                    + "that serves the endpoints")
        }
        let context = write.headers?.context
        if let context, let seen = try epoch(of: endpoint), context.epoch < seen {
            let words = "epoch \(context.epoch) of \(context.run) has expired: epoch \(seen) was seen"
            try note(change, of: endpoint, context, .fenced(words))
            throw ControlError(.preconditionFailed, "Fenced", words, target: WriteHeaders.Field.epoch.rawValue)
        }
        if let context, let previous = try store.accepted(context.idempotencyKey, of: endpoint) {
            guard previous.change == change else {
                let words =
                    "the idempotency key \(context.idempotencyKey) was already used for another change: "
                    + "\(previous.change)"
                try note(change, of: endpoint, context, .refused(words))
                throw ControlError.badArgument(words, target: WriteHeaders.Field.key.rawValue)
            }
            try note(change, of: endpoint, context, .repeated)
            return Acceptance(isRepeated: true)
        }
        try write.requireMatch(etag)
        do {
            try refuseWhileFaulty(change, of: endpoint)
            var (kept, acceptance, hadEffect) = try body()
            let item = try item(change, of: endpoint, context, .accepted, hadEffect: hadEffect)
            kept.history.append((endpoint, item))
            if let context { kept.epoch = (endpoint, context.epoch) }
            try keep(kept)
            remember(item, of: endpoint)
            if hadEffect { look() }
            return acceptance
        } catch let error as ControlError {
            try note(
                change, of: endpoint, context,
                error.status == .conflict ? .busy(error.message) : .refused(error.message))
            throw error
        }
    }

    /// Records a change that the client believes to have no effect: fenced, refused by the rules, or already done.
    ///
    /// A client cannot write to a resource that does not exist; here, its epoch counts as on any other write.
    func consider(_ change: Change, of endpoint: Name, as write: WriteRequest) throws {
        _ = try admit(change, to: endpoint, as: write, etag: nil) {
            let shown = records[endpoint].map(live)
            var model = EndpointModel(kind: .managed, endpoint: shown)
            do throws(Violation) {
                try model.accept(change)
            } catch {
                throw ControlError(error)
            }
            guard model.endpoint == shown else {
                throw ControlError(
                    .conflict, "Conflict", "endpoint \(endpoint) has changed since it was read", retryAfter: 1)
            }
            return (Kept(), Acceptance(), false)
        }
    }

    /// All requested changes of `endpoint`, oldest first, even if the endpoint was deleted.
    func history(of endpoint: Name) throws -> [HistoryEntry] { try store.history(of: endpoint) }

    private func epoch(of endpoint: Name) throws -> Int? {
        if let seen = epochs[endpoint] { return seen }
        let seen = try store.epoch(of: endpoint)
        epochs[endpoint] = seen
        return seen
    }

    /// Saves the outcome of a change that was not accepted.
    private func note(_ change: Change, of endpoint: Name, _ context: ChangeContext?, _ outcome: HistoryEntry.Outcome)
        throws
    {
        let item = try item(change, of: endpoint, context, outcome, hadEffect: false)
        var kept = Kept(history: [(endpoint, item)])
        if case .fenced = outcome {} else if let context { kept.epoch = (endpoint, context.epoch) }
        try keep(kept)
        remember(item, of: endpoint)
    }

    private func item(
        _ change: Change, of endpoint: Name, _ context: ChangeContext?, _ outcome: HistoryEntry.Outcome, hadEffect: Bool
    ) throws -> HistoryEntry {
        let count = try historyCounts[endpoint] ?? store.historyCount(of: endpoint)
        return HistoryEntry(
            number: count + 1, at: now(), change: change, context: context, outcome: outcome, hadEffect: hadEffect)
    }

    /// Updates the state in memory after the item was saved.
    private func remember(_ item: HistoryEntry, of endpoint: Name) {
        historyCounts[endpoint] = item.number
        if case .fenced = item.outcome { return }
        if let epoch = item.context?.epoch { epochs[endpoint] = max(epochs[endpoint] ?? epoch, epoch) }
    }
}
