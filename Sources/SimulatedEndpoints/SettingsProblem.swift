/// What is wrong with the settings of a backend, and where.
package struct SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Keys from ``root`` on: `simulate.green.latency.p50`; empty for the mapping itself.
    package var path: String
    /// What is wrong and what would be right.
    package var message: String
    /// Where in the playbook the settings stand.
    package var root: String

    package static let simulated = "backends.simulated"

    package init(path: String, message: String, root: String = Self.simulated) {
        self.path = path
        self.message = message
        self.root = root
    }

    package var description: String { "\(root)\(path.isEmpty ? "" : ".")\(path): \(message)" }
}

/// The word of `known` that `word` was probably meant to be, or nil.
func nearest(to word: String, among known: [String]) -> String? {
    let best = known.map { (word: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
    guard let best, best.distance <= max(2, word.count / 3) else { return nil }
    return best.word
}

/// How many letters must be put in, taken out or changed (Levenshtein).
private func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for (column, other) in right.enumerated() {
            let changed = diagonal + (letter == other ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(changed, row[column] + 1, row[column + 1] + 1)
        }
    }
    return row[right.count]
}
