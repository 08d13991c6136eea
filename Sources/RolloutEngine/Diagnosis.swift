package import Rollouts

/// One thing that `turnout doctor` looked at.
package struct Diagnosis: Hashable, Sendable {
    package enum Level: String, Hashable, Sendable, CaseIterable {
        case ok, warning, error
    }

    package var level: Level
    /// What was looked at, in a word or two.
    package var subject: String
    /// What was found, in a sentence.
    package var finding: String
    /// What to do; nil where there is nothing to do.
    package var advice: String?

    /// The facts of the finding, for programs that read them; nil where it has none besides the sentence.
    package var details: Value?

    package init(
        _ level: Level, _ subject: String, _ finding: String, advice: String? = nil, details: Value? = nil
    ) {
        self.level = level
        self.subject = subject
        self.finding = finding
        self.advice = advice
        self.details = details
    }
}
