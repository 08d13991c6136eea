package import Rollouts

/// One entry of a conda file's `dependencies`, in conda's match specification: `conda-forge::numpy>=1.2,<2|3.*`.
///
/// Version and build follow `=` or white space, or are in brackets: `numpy=1.2=py39_0`, `numpy 1.2 py39_0`,
/// `numpy[version='>=1.2']`.
package struct CondaPackage: Hashable, Sendable {
    /// The entry as written.
    package let text: String
    /// The channel, such as `conda-forge` in `conda-forge::numpy`; `nil` if any channel may provide the package.
    package let channel: String?
    /// The package's name in lower case.
    package let name: String
    /// The versions that are accepted; `nil` if the specification is not supported here.
    package let versions: CondaVersions?
    /// Whether the entry asks for a build, or for anything else but a version.
    package let hasOtherConstraints: Bool

    package init(_ text: String) {
        self.text = text
        let parts = text.firstRange(of: "::").map { [text[..<$0.lowerBound], text[$0.upperBound...]] } ?? [text[...]]
        channel = parts.count > 1 ? parts[0].trimmed : nil
        var specification = (parts.last ?? "").trimmed
        var keys: [String: String] = [:]
        if let open = specification.firstIndex(of: "[") {
            for match in specification[open...].matches(of: /(\w+)\s*=\s*(?:'([^']*)'|"([^"]*)"|([^,'"\]]+))/) {
                keys[String(match.1)] = String(match.2 ?? match.3 ?? match.4 ?? "")
            }
            specification = specification[..<open].trimmed
        }
        let name = specification.prefix { !" \t=<>!~".contains($0) }
        self.name = name.lowercased()
        var (version, build) = Self.split(specification.dropFirst(name.count).trimmed)
        if let named = keys.removeValue(forKey: "version") { version = named }
        if let named = keys.removeValue(forKey: "build") { build = named }
        versions = CondaVersions(version)
        hasOtherConstraints = build != nil || !keys.isEmpty
    }

    /// Returns the packages that a conda file names; other entries are left out.
    package static func list(in document: Value) -> [CondaPackage] {
        guard case .list(let items)? = document["dependencies"] else { return [] }
        return items.compactMap { $0.string.map { CondaPackage($0) } }
    }

    /// Splits `=1.2=py39_0` or `=1.2 py39_0` into the version `1.2` and the build `py39_0`.
    private static func split(_ text: String) -> (version: String, build: String?) {
        let tight = CondaVersions.tight(text)
        if let match = tight.wholeMatch(of: /(.*[^=<>!~,|\s])(?:=|\s+)([^=<>!~,|\s]+)/) {
            // With a build, `=` is exact.
            let version = match.1.hasPrefix("=") ? match.1.drop { $0 == "=" } : match.1
            return (String(version), String(match.2))
        }
        return (tight, nil)
    }
}

/// The versions that a conda specification accepts: `>=3.9,<3.12|3.8.*`.
///
/// As in conda, `=1.2` and `1.2.*` mean any 1.2, `==1.2` and `1.2` mean 1.2.0 only, and `,` binds tighter than `|`.
package struct CondaVersions: Hashable, Sendable {
    package enum Relation: String, Hashable, Sendable {
        case equal = "==", unequal = "!=", atLeast = ">=", atMost = "<=", below = "<", above = ">", compatible = "~="
        case startsWith = "="
        case startsOtherwise
    }

    package struct Clause: Hashable, Sendable {
        package let relation: Relation
        /// The version without a star: `3.10`.
        package let version: String

        /// The parts of the version; `nil` if one of them is not a number.
        fileprivate var numbers: [Int]? { CondaVersions.numbers(version) }
    }

    /// The specification as written, without spaces; empty if any version is accepted.
    package let text: String
    /// Alternatives of which at least one must hold, with all of its clauses.
    package let alternatives: [[Clause]]

    /// Parses a specification; returns `nil` if the form is not supported, such as one with parentheses.
    package init?(_ text: String) {
        self.text = Self.tight(text).trimmed
        var alternatives: [[Clause]] = self.text.isEmpty ? [[]] : []
        for alternative in self.text.split(separator: "|", omittingEmptySubsequences: self.text.isEmpty) {
            var clauses: [Clause] = []
            for part in alternative.split(separator: ",", omittingEmptySubsequences: false) {
                guard !["*", "=*", "==*"].contains(part) else { continue }
                guard let clause = Self.clause(part) else { return nil }
                clauses.append(clause)
            }
            alternatives.append(clauses)
        }
        self.alternatives = alternatives
    }

    /// Returns the text without white space around relations.
    fileprivate static func tight(_ text: String) -> String {
        text.replacing(/\s*([<>=!~,|]+)\s*/) { $0.output.1 }
    }

    private static func clause(_ text: Substring) -> Clause? {
        guard let match = text.wholeMatch(of: /([<>=!~]*)(\w[\w.+-]*?)(\.?\*)?/) else { return nil }
        let hasStar = match.3 != nil
        let relation: Relation?
        switch match.1 {
        case "": relation = hasStar ? .startsWith : .equal
        case "==" where hasStar: relation = .startsWith
        case "!=" where hasStar: relation = .startsOtherwise
        default: relation = Relation(rawValue: String(match.1))
        }
        return relation.map { Clause(relation: $0, version: String(match.2)) }
    }

    /// Whether any version is accepted.
    package var isAny: Bool { alternatives.contains([]) }

    /// Whether all versions in the specification are numeric, so that they can be compared.
    package var isNumeric: Bool { alternatives.joined().allSatisfy { $0.numbers != nil } }

    /// The only clause; `nil` if there is not exactly one.
    package var singleClause: Clause? {
        alternatives.count == 1 && alternatives[0].count == 1 ? alternatives[0].first : nil
    }

    /// The version alone for `=3.12`, `==3.12` and `3.12`; otherwise the specification as written.
    package var words: String {
        guard let clause = singleClause, [.equal, .startsWith].contains(clause.relation) else { return text }
        return clause.version
    }

    /// Returns whether a version such as `3.10.13` is accepted.
    ///
    /// With `roughly`, only as many numbers are compared as a clause has: `==3.10` then accepts 3.10.13.
    package func admits(_ version: String, roughly: Bool = false) -> Bool {
        // A release candidate counts as its release.
        let text = version.prefix { $0 == "." || ("0"..."9").contains($0) }
        guard let numbers = Self.numbers(String(text)) else { return false }
        return alternatives.contains { $0.allSatisfy { $0.admits(numbers, roughly) } }
    }

    fileprivate static func numbers(_ version: String) -> [Int]? {
        let numbers = version.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        return numbers.contains(nil) ? nil : numbers.compactMap(\.self)
    }
}

extension CondaVersions.Clause {
    fileprivate func admits(_ version: [Int], _ roughly: Bool) -> Bool {
        guard let numbers else { return false }
        let count = roughly ? numbers.count : max(version.count, numbers.count)
        func padded(_ version: [Int]) -> [Int] {
            (version + Array(repeating: 0, count: count)).prefix(count).map(\.self)
        }
        let (version, wanted) = (padded(version), padded(numbers))
        return switch relation {
        case .equal: version == wanted
        case .unequal: version != wanted
        case .startsWith: version.starts(with: numbers)
        case .startsOtherwise: !version.starts(with: numbers)
        case .atLeast: !version.lexicographicallyPrecedes(wanted)
        case .atMost: !wanted.lexicographicallyPrecedes(version)
        case .below: version.lexicographicallyPrecedes(wanted)
        case .above: wanted.lexicographicallyPrecedes(version)
        // PEP 440: ~=3.8.1 is >=3.8.1 and ==3.8.*.
        case .compatible:
            !version.lexicographicallyPrecedes(wanted) && version.starts(with: numbers.dropLast())
        }
    }
}

extension StringProtocol {
    /// The text without white space at both ends.
    package var trimmed: String {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
