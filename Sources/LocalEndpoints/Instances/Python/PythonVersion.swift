internal import AssetFiles

/// Versions of Python, as those who bring one are asked for them.
extension CondaVersions {
    /// As uv takes it: `3.10`, `>=3.9,<3.13`; of alternatives, the first.
    ///
    /// uv has no first releases, and takes `==3.10` literally: it is asked for any 3.10, as other Pythons are taken.
    var request: String {
        if let clause = onlyClause, [.equal, .startsWith].contains(clause.relation) { return clause.version }
        return (alternatives.first ?? []).map(\.pythonic).joined(separator: ",")
    }

    /// Whether its first version is a single release, as 3.10.4.
    var isRelease: Bool { words.count { $0 == "." } > 1 }

    /// Of 3.10, where one is named.
    var minor: Int? {
        guard alternatives.count == 1 else { return nil }
        return alternatives[0].lazy.filter { [.equal, .startsWith, .compatible].contains($0.relation) }
            .map { $0.version.split(separator: ".") }.first { $0.count > 1 }.flatMap { Int($0[1]) }
    }
}

extension CondaVersions.Clause {
    /// As PEP 440 writes it, for pip and uv: `==1.2.*` of `=1.2`.
    var pythonic: String {
        switch relation {
        case .startsWith: "==\(version).*"
        case .startsOtherwise: "!=\(version).*"
        default: relation.rawValue + version
        }
    }
}
