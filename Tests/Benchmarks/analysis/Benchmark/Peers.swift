import Foundation

/// The peers' rules, as the reference simulation re-implements them from their sources.
enum Peers {
    /// What a minute of the canary has for a rule to look at.
    struct Minute {
        var greenRequests = 0
        var greenErrors = 0
        var greenBeyond500 = 0
        var blueRequests = 0
        var blueErrors = 0
        /// Means in milliseconds.
        var greenMean = 0.0
        var blueMean = 0.0
    }

    /// Second at which the `k`-th failed check takes effect, `delay` checks later; nil for never.
    static func detection(_ failed: [Bool], k: Int, delay: Int, step: Int) -> Int? {
        var count = 0
        for (index, isFailed) in failed.enumerated() where isFailed {
            count += 1
            guard count == k else { continue }
            let time = (index + 1 + delay) * step
            return time <= Scenario.seconds ? time : nil
        }
        return nil
    }

    /// Flagger's check: no request, success below 99 %, or p99 above 500 ms.
    static func flaggerFails(_ minute: Minute) -> Bool {
        let n = Double(minute.greenRequests)
        return minute.greenRequests == 0 || Double(minute.greenErrors) > 0.01 * n
            || Double(minute.greenBeyond500) > 0.01 * n
    }

    /// Argo Rollouts' documented check: more than 5 % errors in five minutes.
    static func argoFails(_ minutes: [Minute]) -> [Bool] {
        stride(from: 0, to: minutes.count, by: 5).map { start in
            let five = minutes[start..<(start + 5)]
            let errors = five.reduce(0) { $0 + $1.greenErrors }
            return Double(errors) > 0.05 * Double(five.reduce(0) { $0 + $1.greenRequests })
        }
    }

    /// Kayenta's judge every five minutes, over all minutes so far.
    static func kayentaFails(_ minutes: [Minute]) -> [Bool] {
        let green = minutes.map { Double($0.greenErrors) / Double(max($0.greenRequests, 1)) }
        let blue = minutes.map { Double($0.blueErrors) / Double(max($0.blueRequests, 1)) }
        return stride(from: 5, through: 30, by: 5).map { count in
            isHigh(Array(green[..<count]), Array(blue[..<count]))
                || isHigh(minutes[..<count].map(\.greenMean), minutes[..<count].map(\.blueMean))
        }
    }

    /// The Mann-Whitney classifier's High: the lower bound of the shift's 98 % interval is above a quarter of the
    /// Hodges-Lehmann estimate, and the mean is not lower.
    private static func isHigh(_ x: [Double], _ y: [Double]) -> Bool {
        guard x.reduce(0, +) / Double(x.count) >= y.reduce(0, +) / Double(y.count) else { return false }
        var differences: [Double] = []
        differences.reserveCapacity(x.count * y.count)
        for a in x { for b in y { differences.append(a - b) } }
        differences.sort()
        let (n, m) = (Double(x.count), Double(y.count))
        let middle = differences.count / 2
        let estimate =
            differences.count % 2 == 1
            ? differences[middle] : (differences[middle - 1] + differences[middle]) / 2
        let index = Int((n * m / 2 - 0.5 - 2.3263 * (n * m * (n + m + 1) / 12).squareRoot()).rounded(.down))
        let low = index >= 0 ? differences[index] : differences[0] - 1
        return low > 0.25 * estimate.magnitude
    }
}
