/// Returns the candidate that `text` was most likely meant to be, or `nil` if none is similar.
///
/// Similar texts differ by at most a third of the longer length in edits (insert, delete, replace, swap neighbors), or
/// by one; case, hyphens and underscores do not count. The first of equally similar candidates is returned.
package func nearest(_ text: String, among candidates: some Sequence<String>) -> String? {
    let wanted = folded(text)
    guard (1...64).contains(wanted.count) else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let other = folded(candidate)
        guard (1...64).contains(other.count) else { continue }
        let limit = min(max(1, max(wanted.count, other.count) / 3), (best?.distance ?? .max) - 1)
        guard abs(wanted.count - other.count) <= limit else { continue }
        let distance = edits(from: wanted, to: other)
        if distance <= limit, distance < wanted.count { best = (candidate, distance) }
        if distance == 0 { break }
    }
    return best?.candidate
}

/// Returns `did you mean 'X'?` for the candidate that is ``nearest(_:among:)``, or `nil` if none is similar.
package func didYouMean(_ text: String, among candidates: some Sequence<String>) -> String? {
    nearest(text, among: candidates).map { "did you mean '\($0)'?" }
}

private func folded(_ text: String) -> [Character] {
    text.lowercased().filter { $0 != "-" && $0 != "_" }
}

/// Returns the optimal string alignment distance.
private func edits(from left: [Character], to right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (i, character) in left.enumerated() {
        var row = [i + 1]
        for (j, other) in right.enumerated() {
            var cost = min(last[j] + (character == other ? 0 : 1), last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, character == right[j - 1], left[i - 1] == other {
                cost = min(cost, beforeLast[j - 1] + 1)
            }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[right.count]
}
