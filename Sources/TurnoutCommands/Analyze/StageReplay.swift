internal import RolloutStatistics

/// The two arms of an analysis.
enum Arm {
    case control, candidate
}

/// Replays a recorded stage to a gate.
///
/// The answers of each second form one reading at the end of that second.
struct StageReplay {
    /// How the second of a line relates to that of the previous line.
    enum Arrival {
        case inOrder
        case back(from: Int)
        case jumped(from: Int)
    }

    let specification: AnalysisSpecification
    /// The candidate's share of live requests, in (0, 1).
    let weight: Double
    /// Called after each reading with the gate and its verdict.
    var onReading: (SequentialTest, Verdict) throws -> Void = { _, _ in }

    private var bounds: [Double]
    /// The control's latencies before the stage, if single latencies are recorded.
    private var sample: LatencySample?
    private var before = Reading.Counts()
    private var evidence: Evidence?
    private(set) var gate: SequentialTest?
    /// The second of the lines that are being collected; nil before the stage.
    private(set) var second: Int?
    private var lastBefore = Int.min
    private var reading = Reading()
    /// The latest verdict; final if ``isDecided``.
    private(set) var verdict: Verdict?
    private(set) var isDecided = false
    /// The gate's findings about the traffic as a whole; each kind once.
    private(set) var findings: [ReadingFinding] = []

    /// - Parameters:
    ///   - specification: The gate's analysis.
    ///   - weight: The candidate's share of live requests, in (0, 1).
    ///   - bounds: Upper bounds of the recorded latency bins in milliseconds; nil if single latencies are recorded.
    init(specification: AnalysisSpecification, weight: Double, bounds: [Double]?) {
        self.specification = specification
        self.weight = weight
        self.bounds = bounds ?? Self.ladder
        if bounds == nil { sample = LatencySample() }
        before.latencies = Array(repeating: 0, count: self.bounds.isEmpty ? 0 : self.bounds.count + 1)
    }

    /// Bounds from 0.1 ms to 100 s, 5 % apart, used until a sample allows better ones.
    private static let ladder: [Double] = (0...283).map { step in
        (0..<step).reduce(0.1) { value, _ in value * 1.05 }
    }

    /// Moves to the second of the next line, and feeds the gate what was collected before it.
    mutating func move(to newSecond: Int) throws -> Arrival {
        guard !isDecided else { return follow(to: newSecond) }
        guard newSecond >= 0 else {
            if let second { return .back(from: second) }
            defer { lastBefore = max(lastBefore, newSecond) }
            return newSecond < lastBefore ? .back(from: lastBefore) : .inOrder
        }
        guard let current = second else {
            begin()
            second = newSecond
            let arrival: Arrival = Double(newSecond) > SequentialTest.longestGap ? .jumped(from: 0) : .inOrder
            if Double(newSecond) >= specification.longest { try read(Reading(), at: specification.longest) }
            return arrival
        }
        guard newSecond > current else { return newSecond < current ? .back(from: current) : .inOrder }
        try flush()
        let isJump = Double(newSecond - current) > SequentialTest.longestGap
        var empty = current + 1
        while !isJump, empty < newSecond, !isDecided, Double(empty) < specification.longest {
            try read(Reading(), at: Double(empty + 1))
            empty += 1
        }
        if !isDecided, Double(newSecond) >= specification.longest { try read(Reading(), at: specification.longest) }
        second = newSecond
        return isJump ? .jumped(from: current) : .inOrder
    }

    /// Tracks the time of lines after the verdict, which are checked but not counted.
    private mutating func follow(to newSecond: Int) -> Arrival {
        guard let current = second, newSecond != current else { return .inOrder }
        guard newSecond > current else { return .back(from: current) }
        second = newSecond
        return Double(newSecond - current) > SequentialTest.longestGap ? .jumped(from: current) : .inOrder
    }

    /// Adds counts of the current second.
    mutating func add(_ counts: Reading.Counts, of arm: Arm) {
        guard !isDecided else { return }
        guard second != nil else {
            if arm == .control { before = before.adding(counts) }
            return
        }
        switch arm {
        case .control: reading.control = reading.control.adding(counts)
        case .candidate: reading.candidate = reading.candidate.adding(counts)
        }
    }

    /// Adds one request; `latency` is in milliseconds, nil if unknown.
    mutating func add(failed: Bool, isRefused: Bool, latency: Double?, of arm: Arm) {
        // Only latencies of successful answers are compared.
        let bin = failed ? nil : latency.map { self.bin($0) }
        guard !isDecided else { return }
        guard second != nil else {
            guard arm == .control else { return }
            before.add(failed, isRefused: isRefused, bin: bin)
            if let latency, !failed { sample?.add(latency) }
            return
        }
        switch arm {
        case .control: reading.control.add(failed, isRefused: isRefused, bin: bin)
        case .candidate: reading.candidate.add(failed, isRefused: isRefused, bin: bin)
        }
    }

    /// Adds a mirrored pair; `agree` says whether the two answers agree, nil if they were not compared.
    mutating func addPair(
        live: (failed: Bool, latency: Double?), mirror: (failed: Bool, latency: Double?), agree: Bool?
    ) {
        guard !isDecided, second != nil else { return }
        reading.pairs.pairs += 1
        if live.failed, mirror.failed { reading.pairs.bothFailed += 1 }
        if live.failed, !mirror.failed { reading.pairs.onlyLiveFailed += 1 }
        if !live.failed, mirror.failed { reading.pairs.onlyMirrorFailed += 1 }
        if let agree {
            reading.pairs.compared += 1
            if !agree { reading.pairs.disagreed += 1 }
        }
        guard !live.failed, !mirror.failed else { return }
        if let latency = live.latency { reading.pairs.liveLatencies[bin(latency)] += 1 }
        if let latency = mirror.latency { reading.pairs.mirrorLatencies[bin(latency)] += 1 }
    }

    /// Feeds the gate the last second, or a reading without data if the stage has no lines.
    mutating func finish() throws {
        guard !isDecided else { return }
        guard second == nil else { return try flush() }
        begin()
        try read(reading, at: 0)
    }

    private mutating func flush() throws {
        guard let second, !isDecided else { return }
        try read(reading, at: Double(second + 1))
        reading = emptyReading
    }

    private mutating func read(_ reading: Reading, at time: Double) throws {
        var gate = try gate(for: reading)
        let verdict = gate.read(reading, at: time)
        self.gate = gate
        self.verdict = verdict
        for finding in verdict.findings {
            switch finding {
            case .shareDiffers, .noLatencyBaseline: findings.append(finding)
            // Reported with their lines.
            case .negativeCount, .tooMany, .wrongBins, .counterWentBack, .countTooLarge, .clockWentBack, .clockJumped,
                .unknownDeployment:
                break
            }
        }
        isDecided = verdict.decision != .inconclusive || verdict.isOver
        try onReading(gate, verdict)
    }

    /// Initializes the evidence with the control's traffic before the stage.
    private mutating func begin() {
        var made: Evidence?
        for case .latency(let limits) in specification.metrics {
            if let sample { made = LatencyScale(sample: sample.values, limits: limits).map { Evidence(scale: $0) } }
        }
        var evidence = made ?? Evidence(latencyBounds: bounds)
        if made != nil { before.latencies = [] }
        evidence.observeControl(before)
        bounds = evidence.latencyBounds
        sample = nil
        self.evidence = evidence
        reading = emptyReading
    }

    /// Returns the gate.
    ///
    /// Pairs before the candidate's first live request make it the gate of a mirror stage.
    private mutating func gate(for reading: Reading) throws -> SequentialTest {
        let isMirrored = reading.pairs.pairs > 0
        if let gate, !isMirrored || gate.design == .mirrored || gate.hasCandidate { return gate }
        return SequentialTest(
            specification, design: isMirrored ? .mirrored : .live(weight: weight),
            evidence: gate?.evidence ?? evidence ?? Evidence())
    }

    private var emptyReading: Reading {
        let bins = Array(repeating: 0, count: bounds.isEmpty ? 0 : bounds.count + 1)
        return Reading(
            control: Reading.Counts(latencies: bins), candidate: Reading.Counts(latencies: bins),
            pairs: Reading.PairCounts(liveLatencies: bins, mirrorLatencies: bins))
    }

    /// Returns the index of a latency's bin, by bisection.
    private func bin(_ latency: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < latency { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Reading.Counts {
    fileprivate mutating func add(_ failed: Bool, isRefused: Bool, bin: Int?) {
        requests += 1
        if failed { errors += 1 }
        if isRefused { refused += 1 }
        if let bin { latencies[bin] += 1 }
    }

    /// Returns the sum, clamped to `Int.max`; the gate reports counts that are too large.
    fileprivate func adding(_ other: Reading.Counts) -> Reading.Counts {
        func sum(_ left: Int, _ right: Int) -> Int {
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? .max : sum
        }
        return Reading.Counts(
            requests: sum(requests, other.requests), errors: sum(errors, other.errors),
            refused: sum(refused, other.refused),
            latencies: other.latencies.isEmpty ? latencies : zip(latencies, other.latencies).map(sum))
    }
}
