package import Rollouts
internal import Support

/// Checks a run's lines in order, and finds those that were changed, deleted, added or moved.
package struct ChainCheck {
    private let end: EventChain
    private var findings: [String] = []
    /// The sequence number of the next line.
    private var expected = 1
    private var previous = EventChain.origin
    /// Whether the previous line's finding explains why the next line does not follow from it.
    private var isExplained = false

    /// - Parameter end: The last event according to the run's record.
    package init(against end: EventChain) { self.end = end }

    package mutating func look(at line: EventLine) {
        let name = "event \(line.sequence) (\(line.kind)) of \(end.run)"
        if line.sequence > expected {
            let missing =
                line.sequence == expected + 1 ? "event \(expected)" : "events \(expected) to \(line.sequence - 1)"
            findings.append("\(missing) of \(end.run) deleted: \(name) follows event \(expected - 1)")
            isExplained = true
        }
        let isIntact = line.isIntact(in: end.run)
        if !isIntact {
            findings.append("\(name) was changed: its hash does not match its contents")
        } else if line.sequence > end.count {
            findings.append("\(name) was added: the run ends with event \(end.count)")
        } else if line.previousHash != previous, !isExplained {
            findings.append("\(name) was replaced or follows a replaced event: it does not match the event before it")
        }
        isExplained = !isIntact
        previous = line.hash
        expected = line.sequence == .max ? .max : line.sequence + 1
    }

    /// Returns the findings once all lines have been checked.
    package func finish() -> [String] {
        if expected == end.count {
            return findings + ["the last event of \(end.run), event \(expected), was deleted"]
        } else if expected < end.count {
            return findings + ["the last events of \(end.run), events \(expected) to \(end.count), were deleted"]
        } else if findings.isEmpty, previous != end.head {
            return ["the last event of \(end.run) is not the one that its record names"]
        }
        return findings
    }
}

/// Replays a run's events, and finds records that do not match them.
///
/// Use it only on an intact chain; the events of a broken one prove nothing.
package struct RecordCheck {
    private let record: RunRecord
    private let stages: [StageRecord]
    /// `nil` before the run has started.
    private var told: RunState?

    package init(of record: RunRecord, stages: [StageRecord]) {
        self.record = record
        self.stages = stages
    }

    package mutating func look(at event: RunEvent, at time: Timestamp) {
        if told != nil {
            told?.apply(StampedEvent(at: time, stage: nil, event: event))
        } else if case .runStarted(let record, let inherited) = event {
            let rest = stages.dropFirst(inherited.count).map { StageRecord(name: $0.name, action: $0.action) }
            told = RunState(record: record, stages: inherited + rest)
        }
    }

    /// Returns the findings once all events have been checked.
    package func finish() -> [String] {
        guard let told else { return ["the first event of \(record.id) does not start the run"] }
        var findings: [String] = []
        var expected = told.record
        // The latest observation is stored for display, without an event.
        (expected.latest, expected.latestAt) = (record.latest, record.latestAt)
        if record != expected {
            findings.append("the record of \(record.id) was changed: it does not match the run's events")
        }
        if stages.count != told.stages.count {
            findings.append("\(record.id) has \(stages.count) stages, but its events describe \(told.stages.count)")
        }
        for (stage, expected) in zip(stages, told.stages) where stage != expected {
            findings.append(
                "stage \(expected.name) of \(record.id) was changed: its events say \(expected.status.rawValue) "
                    + "after \(expected.attempts.counted("attempt"))\(expected.reason.map { " (\($0))" } ?? "")"
            )
        }
        return findings
    }
}
