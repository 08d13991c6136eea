package import RolloutEngine
package import Rollouts
internal import Support

/// Headers on every write of Turnout's client that identify the run and the change.
///
/// The cloud ignores them.
///
/// Run, stage and key are percent-encoded unless they are plain ASCII.
package struct WriteHeaders: Hashable, Sendable {
    package var context: ChangeContext
    /// The kind of change, which the body alone does not reveal: a PUT may scale a deployment or replace it.
    package var kind: Kind?

    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case putEndpoint = "put-endpoint"
        case putDeployment = "put-deployment"
        case scale
        case traffic
        case mirrorTraffic = "mirror-traffic"
        case deleteDeployment = "delete-deployment"
        case deleteEndpoint = "delete-endpoint"
    }

    package enum Field: String, CaseIterable, Sendable {
        case run = "turnout-run"
        case stage = "turnout-stage"
        case attempt = "turnout-attempt"
        case key = "turnout-key"
        case epoch = "turnout-epoch"
        case change = "turnout-change"
    }

    package init(_ context: ChangeContext, kind: Kind?) {
        self.context = context
        self.kind = kind
    }

    /// Parses the headers that `value` returns by name; `nil` if run, stage, attempt, key or epoch is missing or
    /// invalid.
    package init?(_ value: (_ name: String) -> String?) {
        guard let run = value(Field.run.rawValue).flatMap(PercentEncoding.decoded).flatMap(RunID.init),
            let stage = value(Field.stage.rawValue).flatMap(PercentEncoding.decoded),
            let attempt = value(Field.attempt.rawValue).flatMap(Int.init),
            let key = value(Field.key.rawValue).flatMap(PercentEncoding.decoded),
            let epoch = value(Field.epoch.rawValue).flatMap(Int.init)
        else { return nil }
        self.init(
            ChangeContext(run: run, stage: stage, attempt: attempt, idempotencyKey: key, epoch: epoch),
            kind: value(Field.change.rawValue).flatMap(Kind.init))
    }

    /// The header fields.
    package var fields: [(name: String, value: String)] {
        var fields = [
            (Field.run, PercentEncoding.encoded(context.run.description)),
            (.stage, PercentEncoding.encoded(context.stage)),
            (.attempt, String(context.attempt)), (.key, PercentEncoding.encoded(context.idempotencyKey)),
            (.epoch, String(context.epoch)),
        ]
        kind.map { fields.append((.change, $0.rawValue)) }
        return fields.map { (name: $0.0.rawValue, value: $0.1) }
    }
}

extension Change {
    /// The kind of this change in the headers.
    package var headerKind: WriteHeaders.Kind {
        switch self {
        case .putEndpoint: .putEndpoint
        case .putDeployment: .putDeployment
        case .scale: .scale
        case .setTraffic: .traffic
        case .setMirrorTraffic: .mirrorTraffic
        case .deleteDeployment: .deleteDeployment
        case .deleteEndpoint: .deleteEndpoint
        }
    }
}
