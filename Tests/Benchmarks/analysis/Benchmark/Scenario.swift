import Foundation

/// A canary of half an hour, as the reference simulation has it.
struct Scenario: Sendable {
    var name: String
    var greenErrors = Self.errors
    /// By what green's latencies are multiplied.
    var factor = 1.0
    /// Both arms fail 3 % and take half as long again from minute 10 to 15.
    var hasIncident = false
    /// Twenty users cause all errors, and each stays with one arm.
    var isSticky = false
    var trueWeight = Self.weight

    static let weight = 0.1
    static let errors = 0.005
    static let seconds = 1800
    static let before = 300
    static let mean = log(80.0)
    /// Of the logarithm: p50 80 ms, p99 400 ms.
    static let deviation = log(400 / 80.0) / 2.3263478740408408
    static let errorMargin = 0.01
    static let latencyMargin = 1.25

    static let all = [
        Scenario(name: "null"), Scenario(name: "err x2", greenErrors: 2 * errors),
        Scenario(name: "err x5", greenErrors: 5 * errors), Scenario(name: "err +5pt", greenErrors: errors + 0.05),
        Scenario(name: "err +50pt", greenErrors: errors + 0.5), Scenario(name: "lat +10%", factor: 1.1),
        Scenario(name: "lat +30%", factor: 1.3), Scenario(name: "lat x2", factor: 2),
        Scenario(name: "null+incident", hasIncident: true), Scenario(name: "null+sticky", isSticky: true),
        Scenario(name: "null W=.08", trueWeight: 0.08), Scenario(name: "null W=.12", trueWeight: 0.12),
        Scenario(name: "err@margin", greenErrors: errors + errorMargin * (1 - errors)),
        Scenario(name: "lat@margin", factor: latencyMargin),
    ]

    var isNull: Bool { name.hasPrefix("null") }
    var isAtMargin: Bool { name.hasSuffix("@margin") }

    /// What both arms are like in one second.
    struct Moment {
        var greenErrors: Double
        var blueErrors: Double
        var greenFactor: Double
        var blueFactor: Double
    }

    func moment(_ second: Int, badUsersOfGreen: Int) -> Moment {
        if hasIncident, (600..<900).contains(second) {
            return Moment(greenErrors: 0.03, blueErrors: 0.03, greenFactor: 1.5, blueFactor: 1.5)
        }
        guard isSticky else {
            return Moment(greenErrors: greenErrors, blueErrors: Self.errors, greenFactor: factor, blueFactor: 1)
        }
        let users = Double(badUsersOfGreen)
        return Moment(
            greenErrors: min(users / (20 * Self.weight) * Self.errors, 0.9),
            blueErrors: (20 - users) / (20 * (1 - Self.weight)) * Self.errors, greenFactor: 1, blueFactor: 1)
    }

    /// The part of requests at or below a latency in milliseconds.
    static func below(_ latency: Double, factor: Double) -> Double {
        cdf((log(latency / factor) - mean) / deviation)
    }

    static func cdf(_ z: Double) -> Double { 0.5 * erfc(-z * 0.5.squareRoot()) }
}
