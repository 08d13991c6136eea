/// One line of a `.gitignore` or `.amlignore`, as `azure-ai-ml` understands it: the patterns of git, on paths of files.
///
/// Unlike git's own, a pattern without a slash at its end matches everything below a folder of that name, and a file
/// below an excluded folder can be included again.
struct IgnorePattern: Hashable, Sendable {
    /// Whether matching files are excluded; false after `!`.
    let excludes: Bool
    private let tokens: [Token]

    private enum Token: Hashable, Sendable {
        case literal(Unicode.Scalar)
        /// `?`
        case anyInSegment
        /// `*`, which may match nothing.
        case manyInSegment
        /// `*` as a whole segment, which must match something.
        case segment
        case set(Set)
        /// `**/` at the start: any folders, or none.
        case leadingFolders
        /// `/**/` in the middle: any folders, or none.
        case innerFolders
        /// The end of a name; everything below it matches too.
        case belowOrEnd
        /// `/**` at the end.
        case below
        /// `**` alone.
        case everything
        /// `**/` alone: everything but files at the top.
        case inAnyFolder
    }

    private struct Set: Hashable, Sendable {
        var isNegated: Bool
        var ranges: [ClosedRange<Unicode.Scalar>]

        func contains(_ scalar: Unicode.Scalar) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }
    }

    /// Parses a line; returns `nil` for an empty line, a comment or `/`.
    init?(_ line: some StringProtocol) throws(AssetProblem) {
        var pattern = Array(line.unicodeScalars.trimmed)
        guard let first = pattern.first, first != "#", pattern != ["/"] else { return nil }
        excludes = first != "!"
        if !excludes { pattern.removeFirst() }
        var segments = pattern.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)
        let many: [Unicode.Scalar] = ["*", "*"]
        for index in segments.indices.dropFirst().reversed()
        where segments[index - 1] == many && segments[index] == many {
            segments.remove(at: index)
        }
        if segments.count == 2, segments[0] == many, segments[1].isEmpty {
            tokens = [.inAnyFolder]
            return
        }
        if segments[0].isEmpty {
            segments.removeFirst()
        } else if segments.count == 1 || (segments.count == 2 && segments[1].isEmpty), segments[0] != many {
            segments.insert(many, at: 0)
        }
        guard !segments.isEmpty else { throw AssetProblem("the pattern '\(line)' is not valid") }
        if segments.count > 1, segments[segments.count - 1].isEmpty { segments[segments.count - 1] = many }
        tokens = try Self.tokens(segments, of: String(line))
    }

    private static func tokens(_ segments: [[Unicode.Scalar]], of line: String) throws(AssetProblem) -> [Token] {
        var tokens: [Token] = []
        var needsSlash = false
        let end = segments.count - 1
        for (index, segment) in segments.enumerated() {
            if segment == ["*", "*"] {
                if index == 0 {
                    tokens.append(index == end ? .everything : .leadingFolders)
                    needsSlash = false
                } else {
                    tokens.append(index == end ? .below : .innerFolders)
                    needsSlash = true
                }
                continue
            }
            if needsSlash { tokens.append(.literal("/")) }
            if segment == ["*"] { tokens.append(.segment) } else { tokens += try glob(segment, of: line) }
            if index == end { tokens.append(.belowOrEnd) }
            needsSlash = true
        }
        return tokens
    }

    /// The tokens of one segment: `model-[0-9]*.bin`.
    private static func glob(_ segment: [Unicode.Scalar], of line: String) throws(AssetProblem) -> [Token] {
        var tokens: [Token] = []
        var index = 0
        while index < segment.count {
            let scalar = segment[index]
            index += 1
            switch scalar {
            case "\\":
                guard index < segment.count else {
                    throw AssetProblem("the pattern '\(line)' ends with a backslash that escapes nothing")
                }
                tokens.append(.literal(segment[index]))
                index += 1
            case "*": tokens.append(.manyInSegment)
            case "?": tokens.append(.anyInSegment)
            case "[":
                guard let (set, next) = try set(segment, from: index, of: line) else {
                    tokens.append(.literal("["))
                    continue
                }
                tokens.append(.set(set))
                index = next
            default: tokens.append(.literal(scalar))
            }
        }
        return tokens
    }

    /// Returns the bracket expression whose inside begins at `start`, and its end; `nil` if it is not closed.
    private static func set(
        _ segment: [Unicode.Scalar], from start: Int, of line: String
    ) throws(AssetProblem) -> (Set, Int)? {
        var close = start
        if close < segment.count, segment[close] == "!" { close += 1 }
        if close < segment.count, segment[close] == "]" { close += 1 }
        while close < segment.count, segment[close] != "]" { close += 1 }
        guard close < segment.count else { return nil }
        var inside = segment[start..<close]
        let isNegated = inside.first == "!"
        if isNegated { inside = inside.dropFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        var rest = Array(inside)[...]
        while let low = rest.popFirst() {
            if rest.count >= 2, rest.first == "-" {
                let high = rest[rest.startIndex + 1]
                guard low <= high else { throw AssetProblem("the pattern '\(line)' has a range that runs backwards") }
                ranges.append(low...high)
                rest = rest.dropFirst(2)
            } else {
                ranges.append(low...low)
            }
        }
        return (Set(isNegated: isNegated, ranges: ranges), close + 1)
    }

    /// Whether the pattern matches `path`, which is relative to the ignore file's folder.
    func matches(_ path: [Unicode.Scalar]) -> Bool {
        // The positions in the path that the tokens so far can have reached.
        var places: Swift.Set = [0]
        for token in tokens {
            var next: Swift.Set<Int> = []
            for place in places { step(token, from: place, in: path) { next.insert($0) } }
            places = next
            if places.isEmpty { return false }
        }
        return places.contains(path.count)
    }

    private func step(_ token: Token, from place: Int, in path: [Unicode.Scalar], to add: (Int) -> Void) {
        let end = path.count
        switch token {
        case .literal(let scalar): if place < end, path[place] == scalar { add(place + 1) }
        case .anyInSegment: if place < end, path[place] != "/" { add(place + 1) }
        case .set(let set): if place < end, set.contains(path[place]) { add(place + 1) }
        case .manyInSegment, .segment:
            var next = place
            if token == .manyInSegment { add(next) }
            while next < end, path[next] != "/" {
                next += 1
                add(next)
            }
        case .leadingFolders:
            add(place)
            // At least one character before the slash.
            for index in path.indices.dropFirst(place + 1) where path[index] == "/" { add(index + 1) }
        case .innerFolders:
            add(place)
            guard place < end, path[place] == "/" else { return }
            for index in (place + 2)..<max(end + 1, place + 2) { add(index) }
        case .belowOrEnd:
            add(place)
            if place < end, path[place] == "/" { add(end) }
        case .below: if place < end, path[place] == "/" { add(end) }
        case .everything: if place < end { add(end) }
        case .inAnyFolder: if path.dropFirst(place + 1).contains("/") { add(end) }
        }
    }
}

extension Collection where Element == Unicode.Scalar, Self: BidirectionalCollection {
    /// The characters without white space at both ends.
    fileprivate var trimmed: SubSequence {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isWhitespace || ("\u{1C}"..."\u{1F}").contains(scalar)
        }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return self[startIndex..<startIndex]
        }
        return self[first...last]
    }
}
