internal import FoundationEssentials
package import RolloutEngine
package import Rollouts
internal import Support

/// Changes that a person makes to an endpoint without a run.
///
/// They are fenced like a runner's changes: the lease is taken first, so that no runner changes the endpoint at the
/// same time, and changes of a runner that has lost its lease are refused.
extension RolloutService {
    /// How long one change may take until it is observed.
    private static let limit = Interval.hours(2)

    /// Applies `changes` in order, waiting until each is observed before the next.
    ///
    /// `stage` names the changes in the endpoint's history. With `force`, they are applied even while a live runner
    /// holds the lease, using that runner's epoch.
    ///
    /// - Returns: The endpoint afterwards; nil if it no longer exists.
    package func change(
        _ endpoint: Name, _ changes: [Change], on session: any BackendSession, _ selection: BackendSelection,
        stage: String, force: Bool = false
    ) async throws -> EndpointSnapshot? {
        do {
            return try await withLease(on: selection.leaseKey(endpoint), for: .byHand) { lease in
                try await withEndpoint(
                    of: session, under: &lease, as: .hand(force: force), isFinished: { true }
                ) { lease, epoch in
                    try await keeping(lease, of: session) {
                        try await apply(changes, to: endpoint, on: session, selection, stage: stage, epoch: epoch)
                    }
                }
            }
        } catch let error as JournalError {
            guard force, case .leased(let holder) = error.code else { throw error }
            warn("process \(holder.process) is running \(holder.run) on \(endpoint) and will see this change as drift")
            return try await apply(
                changes, to: endpoint, on: session, selection, stage: stage, epoch: holder.epoch)
        }
    }

    /// Runs `body` while renewing the lease, and cancels it if the lease is lost.
    private func keeping(
        _ lease: Lease, of session: any BackendSession,
        _ body: @escaping @Sendable () async throws -> EndpointSnapshot?
    ) async throws -> EndpointSnapshot? {
        guard let leasing = session as? any EndpointLeasing else { return try await body() }
        return try await withThrowingTaskGroup(of: EndpointSnapshot?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await leasing.keep(lease)
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func apply(
        _ changes: [Change], to endpoint: Name, on session: any BackendSession, _ selection: BackendSelection,
        stage: String, epoch: Int
    ) async throws -> EndpointSnapshot? {
        let identity = UUID().uuidString.lowercased()
        for (index, change) in changes.enumerated() {
            let context = ChangeContext(
                run: .byHand, stage: stage, attempt: 1, idempotencyKey: "by-hand/\(identity)/\(index)",
                epoch: epoch)
            // Earlier changes may fail if the endpoint is deleted in the end anyway.
            try await settle(
                change, of: endpoint, as: context, on: session, selection, mustSucceed: changes.last != .deleteEndpoint)
        }
        return try await session.backend.observe(endpoint)
    }

    /// Applies `change`, and waits until it is observed.
    ///
    /// - Throws: ``ServiceError/Code/failed`` if the change fails while `mustSucceed`, or is not observed within 2 h.
    private func settle(
        _ change: Change, of endpoint: Name, as context: ChangeContext, on session: any BackendSession,
        _ selection: BackendSelection, mustSucceed: Bool
    ) async throws {
        let (backend, clock) = (session.backend, session.clock)
        let (start, deadline) = (clock.now(), clock.now() + Self.limit)
        var isAccepted = false
        var told: String?
        // A wait of 2 s or more is explained.
        func tell(_ reason: String) {
            guard clock.now() - start >= .seconds(2), told != reason else { return }
            told = reason
            note("waiting: \(reason)")
        }
        while clock.now() < deadline {
            var pause = session.pollInterval ?? .seconds(5)
            if !isAccepted {
                do {
                    try await backend.apply(change, to: endpoint, as: context)
                    isAccepted = true
                } catch {
                    guard case .busy(let after) = error.code else { throw error }
                    pause = after
                    tell("\(change): \(error.message)")
                }
            }
            let snapshot = try await backend.observe(endpoint)
            if isAccepted, change.isDone(in: snapshot) { return }
            if isAccepted, let failure = change.failure(in: snapshot) {
                guard mustSucceed else { return warn(failure) }
                throw ServiceError(.failed, failure)
            }
            if isAccepted, let reason = snapshot?.reason { tell("\(change): \(reason)") }
            try await clock.sleep(until: clock.now() + pause)
        }
        throw ServiceError(
            .failed, "\(change) did not take effect within \(Self.limit)",
            [.showEndpoint(endpoint, on: selection.name)])
    }

    /// Returns the endpoint that `text` names.
    ///
    /// Default: the backend's only endpoint.
    ///
    /// - Throws: ``ServiceError`` if there is no such endpoint, or if `text` is nil and there is not exactly one
    ///   endpoint.
    package func endpoint(
        _ text: String?, on session: any BackendSession, _ selection: BackendSelection, allowsDeleted: Bool = false
    ) async throws -> Name {
        let names = try await session.endpoints()
        guard let text else {
            if names.count == 1, let only = names.first { return only }
            guard !names.isEmpty else {
                throw ServiceError(.notPossible, "there is no endpoint on \(selection.name) yet")
            }
            throw ServiceError(
                .notPossible, "there are several endpoints; name one: \(names.map(\.text).joined(separator: ", "))")
        }
        if allowsDeleted { return Name(text) }
        if let known = names.first(where: { $0 == Name(text) }) { return known }
        let hint = didYouMean(text, among: names.map(\.text)).map { "; \($0)" } ?? ""
        throw ServiceError(.notPossible, "there is no endpoint '\(text)' on \(selection.name)\(hint)")
    }

    /// Returns the deployment that `text` names.
    ///
    /// - Throws: ``ServiceError`` if the endpoint has no deployment with that name.
    package func deployment(
        _ text: String, of endpoint: Name, on session: any BackendSession
    ) async throws -> Name {
        let names = try await session.backend.observe(endpoint)?.deployments.map(\.name) ?? []
        if let name = names.first(where: { $0 == Name(text) }) { return name }
        let known = names.isEmpty ? "it has none" : "it has \(names.map(\.text).joined(separator: ", "))"
        let hint = didYouMean(text, among: names.map(\.text)) ?? known
        throw ServiceError(.notPossible, "endpoint \(endpoint) has no deployment '\(text)'; \(hint)")
    }
}
