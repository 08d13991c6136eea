/// The differences between two texts, line by line, in the format of `diff -u`.
struct TextDifference: Sendable {
    /// Empty if the texts are equal.
    var lines: [String]

    /// Compares two texts, and includes `context` equal lines around each difference.
    ///
    /// Default: 3.
    init(from old: String, to new: String, oldName: String, newName: String, context: Int = 3) {
        let before = Self.split(old)
        let after = Self.split(new)
        guard before != after else {
            lines = []
            return
        }
        let edits = Self.edits(before, after)
        lines = ["--- \(oldName)", "+++ \(newName)"] + Self.hunks(edits, context: context)
    }

    private enum Edit: Hashable {
        case same(String), gone(String), new(String)

        var isSame: Bool {
            if case .same = self { true } else { false }
        }

        var text: String {
            switch self {
            case .same(let line): " \(line)"
            case .gone(let line): "-\(line)"
            case .new(let line): "+\(line)"
            }
        }
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func edits(_ before: [String], _ after: [String]) -> [Edit] {
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var edits: [Edit] = []
        var (left, right) = (0, 0)
        while left < before.count || right < after.count {
            if removed.contains(left) {
                edits.append(.gone(before[left]))
                left += 1
            } else if inserted.contains(right) {
                edits.append(.new(after[right]))
                right += 1
            } else {
                edits.append(.same(before[left]))
                left += 1
                right += 1
            }
        }
        return edits
    }

    private static func hunks(_ edits: [Edit], context: Int) -> [String] {
        let changed = edits.indices.filter { !edits[$0].isSame }
        var ranges: [Range<Int>] = []
        for index in changed {
            let range = max(index - context, 0)..<min(index + context + 1, edits.count)
            if let last = ranges.last, range.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        return ranges.flatMap { range in
            let before = edits[..<range.lowerBound]
            let old = start(before) { if case .new = $0 { false } else { true } }
            let new = start(before) { if case .gone = $0 { false } else { true } }
            let shown = edits[range]
            let oldCount = shown.count { if case .new = $0 { false } else { true } }
            let newCount = shown.count { if case .gone = $0 { false } else { true } }
            return ["@@ -\(old),\(oldCount) +\(new),\(newCount) @@"] + shown.map(\.text)
        }
    }

    private static func start(_ before: ArraySlice<Edit>, _ counts: (Edit) -> Bool) -> Int {
        before.count(where: counts) + 1
    }
}
