package import Rollouts

/// One finding of `turnout doctor`.
package struct Diagnosis: Hashable, Sendable {
    package enum Level: String, Hashable, Sendable, CaseIterable {
        case ok, warning, error
    }

    package var level: Level
    /// What was checked, in a word or two.
    package var subject: String
    /// What was found, in a sentence.
    package var finding: String
    /// What to do, or `nil` if nothing needs doing.
    package var advice: String?

    /// The finding in machine-readable form, or `nil` if it consists only of the sentence.
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
