package import Rollouts

/// Looks at a run's lines in their order, and finds those that were changed, are missing, were added or stand elsewhere.
package struct ChainCheck {
    private let end: EventChain
    private var findings: [String] = []
    /// Of the next line.
    private var expected = 1
    private var previous = EventChain.origin
    /// A line that was found changed explains that the next one does not follow from it.
    private var isExplained = false

    /// - Parameter end: What the run's record names as its last event.
    package init(against end: EventChain) { self.end = end }

    package mutating func look(at line: EventLine) {
        let name = "event \(line.sequence) (\(line.kind)) of \(end.run)"
        if line.sequence > expected {
            let missing =
                line.sequence == expected + 1 ? "event \(expected)" : "events \(expected) to \(line.sequence - 1)"
            findings.append("\(missing) of \(end.run) deleted: \(name) comes after event \(expected - 1)")
            isExplained = true
        }
        let isIntact = line.isIntact(in: end.run)
        if !isIntact {
            findings.append("\(name) was changed: its hash is not that of its contents")
        } else if line.sequence > end.count {
            findings.append("\(name) was added: the run ends with event \(end.count)")
        } else if line.previousHash != previous, !isExplained {
            findings.append("\(name) was exchanged or follows an exchanged one: it does not fit the event before it")
        }
        isExplained = !isIntact
        previous = line.hash
        expected = line.sequence == .max ? .max : line.sequence + 1
    }

    /// What was found, once all lines were looked at.
    package func finish() -> [String] {
        if expected == end.count {
            return findings + ["event \(expected) of \(end.run), the last one, was deleted"]
        } else if expected < end.count {
            return findings + ["events \(expected) to \(end.count) of \(end.run), the last ones, were deleted"]
        } else if findings.isEmpty, previous != end.head {
            return ["the last event of \(end.run) is another one than its record names"]
        }
        return findings
    }
}

/// Folds a run's events, and finds records that are not what they come to.
///
/// Only a chain that holds is worth it: what a broken one comes to means nothing.
package struct RecordCheck {
    private let record: RunRecord
    private let stages: [StageRecord]
    /// Nil until the run has started.
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

    /// What was found, once all events were looked at.
    package func finish() -> [String] {
        guard let told else { return ["the first event of \(record.id) does not start it"] }
        var findings: [String] = []
        var expected = told.record
        // What was seen last is kept for showing, without an event.
        (expected.latest, expected.latestAt) = (record.latest, record.latestAt)
        if record != expected {
            findings.append("the record of \(record.id) was changed: its events come to another one")
        }
        if stages.count != told.stages.count {
            findings.append("\(record.id) has \(stages.count) stages, and its events tell of \(told.stages.count)")
        }
        for (stage, expected) in zip(stages, told.stages) where stage != expected {
            findings.append(
                "stage \(expected.name) of \(record.id) was changed: its events come to \(expected.status.rawValue) "
                    + "after \(expected.attempts) attempts\(expected.reason.map { " (\($0))" } ?? "")")
        }
        return findings
    }
}
