internal import AssetFiles

/// Versions of Python in the forms that providers accept.
extension CondaVersions {
    /// The request for uv, for example `3.10` or `>=3.9,<3.13`; only the first of several alternatives.
    ///
    /// uv takes `==3.10` literally, but does not have first releases: it is asked for any 3.10 instead.
    var request: String {
        if let clause = singleClause, [.equal, .startsWith].contains(clause.relation) { return clause.version }
        return (alternatives.first ?? []).map(\.pythonic).joined(separator: ",")
    }

    /// Whether the first version is a single release, such as 3.10.4.
    var isRelease: Bool { words.count { $0 == "." } > 1 }

    /// The minor version, for example 10 for 3.10; nil if no minor version is named.
    var minor: Int? {
        guard alternatives.count == 1 else { return nil }
        return alternatives[0].lazy.filter { [.equal, .startsWith, .compatible].contains($0.relation) }
            .map { $0.version.split(separator: ".") }.first { $0.count > 1 }.flatMap { Int($0[1]) }
    }
}

extension CondaVersions.Clause {
    /// The clause in the form of PEP 440, for pip and uv: `=1.2` becomes `==1.2.*`.
    var pythonic: String {
        switch relation {
        case .startsWith: "==\(version).*"
        case .startsOtherwise: "!=\(version).*"
        default: relation.rawValue + version
        }
    }
}
