@testable import RolloutStatistics

/// A recorded stream, read back.
struct RecordedStream {
    var weight: Double
    var control: (requests: Int, errors: Int)
    var exceedances: [LatencyScale.Exceedance]
    var lines: [Line]

    struct Line {
        var candidate: (requests: Int, errors: Int)
        var control: (requests: Int, errors: Int)
        var onlyMirror: Int
        var onlyLive: Int
        var compared: Int
        var disagreed: Int
        var candidateBins: [Double]
        var controlBins: [Double]
        /// Of p50 and p95.
        var candidateBeyond: [Double]
        var controlBeyond: [Double]
        /// ln E, in the order of ``RecordedEvidence/all``.
        var expected: [Double]
    }

    static func all(in text: String) -> [RecordedStream] {
        var streams: [RecordedStream] = []
        var isHead = true
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            if numbers.isEmpty {
                isHead = true
            } else if isHead {
                isHead = false
                streams.append(RecordedStream(head: numbers))
            } else {
                streams[streams.count - 1].lines.append(Line(numbers))
            }
        }
        return streams
    }

    private init(head: [Double]) {
        weight = head[0]
        control = (Int(head[1]), Int(head[2]))
        let cut = LatencyScale.Cut(bin: 0, part: 0)
        exceedances = [0, 1].map {
            LatencyScale.Exceedance(
                quantile: 1 - head[3 + $0], candidateCut: cut, controlCut: cut, candidateRate: head[3 + $0],
                controlRate: head[5 + $0])
        }
        lines = []
    }
}

extension RecordedStream.Line {
    fileprivate init(_ numbers: [Double]) {
        candidate = (Int(numbers[0]), Int(numbers[1]))
        control = (Int(numbers[2]), Int(numbers[3]))
        onlyMirror = Int(numbers[4])
        onlyLive = Int(numbers[5])
        compared = Int(numbers[6])
        disagreed = Int(numbers[7])
        candidateBins = Array(numbers[8..<22])
        controlBins = Array(numbers[22..<36])
        candidateBeyond = Array(numbers[36..<38])
        controlBeyond = Array(numbers[38..<40])
        expected = Array(numbers[40...])
    }

    var arms: Arms {
        Arms(
            candidateRequests: Double(candidate.requests), candidateErrors: Double(candidate.errors),
            controlRequests: Double(control.requests), controlErrors: Double(control.errors))
    }
}

/// All processes, fed with a recorded stream.
struct RecordedEvidence {
    private var rate = DecayingRate()
    private var share: RunningShare
    private let exceedances: [LatencyScale.Exceedance]
    private let ratios = ShiftRatios(levels: LatencyScale.levels)
    private var errors = ErrorComparison()
    private var latency = LatencyComparison()
    private var errorSafety = ErrorNonInferiority(margin: 0.01)
    private var proofs = [ExceedanceProof(), ExceedanceProof()]
    private var paired = PairedFailures()
    private var disagreement = RateLimit(limit: 0.02)
    private var agreement = RateProof(limit: 0.02)

    init(_ stream: RecordedStream) {
        share = RunningShare(weight: stream.weight)
        exceedances = stream.exceedances
        rate.add(errors: stream.control.errors, of: stream.control.requests, elapsed: 0)
    }

    mutating func add(_ line: RecordedStream.Line) {
        errors.add(line.arms, rate: rate.value, weight: share.value)
        errorSafety.add(line.arms, rate: rate.value, weight: share.value)
        latency.add(
            candidate: line.candidateBins, control: line.controlBins, ratios: ratios, weight: share.value)
        for index in proofs.indices {
            var arms = line.arms
            arms.candidateErrors = line.candidateBeyond[index]
            arms.controlErrors = line.controlBeyond[index]
            proofs[index].add(arms, test: exceedances[index], weight: share.value)
        }
        paired.add(onlyMirror: line.onlyMirror, onlyLive: line.onlyLive)
        disagreement.add(events: line.disagreed, of: line.compared)
        agreement.add(events: line.disagreed, of: line.compared)
        share.add(candidate: line.candidate.requests, control: line.control.requests)
        rate.add(errors: line.control.errors, of: line.control.requests, elapsed: 1)
    }

    /// ln E of errors, latency, the passes of errors, p50 and p95, paired failures, disagreement, agreement.
    var all: [Double] {
        [
            errors.logE, latency.logE, errorSafety.logE, proofs[0].logE, proofs[1].logE, paired.logE,
            disagreement.logE, agreement.logE,
        ]
    }
}
