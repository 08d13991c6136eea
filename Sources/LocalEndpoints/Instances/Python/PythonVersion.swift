/// A conda file's `python=3.10`, `python>=3.9`, `python>=3.9,<3.13`.
struct PythonVersion: Hashable {
    /// As it was written: `=3.10`.
    let text: String
    private let clauses: [Clause]

    private struct Clause: Hashable {
        var relation: String
        var version: [Int]
    }

    /// Nil for what is no such list.
    init?(_ text: String) {
        self.text = text
        var clauses: [Clause] = []
        for part in text.split(separator: ",").map({ $0.filter { $0 != " " } }) {
            let relation = String(part.prefix { "<>=!~".contains($0) })
            let numbers = part.dropFirst(relation.count).split(separator: ".").filter { $0 != "*" }.map { Int($0) }
            guard ["=", "==", ">=", "<=", "<", ">", "~="].contains(relation), !numbers.isEmpty, !numbers.contains(nil)
            else { return nil }
            clauses.append(Clause(relation: relation, version: numbers.compactMap(\.self)))
        }
        guard !clauses.isEmpty else { return nil }
        self.clauses = clauses
    }

    /// As uv takes it: `3.10`, `>=3.9,<3.13`.
    var request: String {
        guard clauses.count == 1, let clause = clauses.first, ["=", "=="].contains(clause.relation) else {
            return text.filter { $0 != " " }
        }
        return clause.version.map(String.init).joined(separator: ".")
    }

    /// Of 3.10, where one is named.
    var minor: Int? {
        clauses.first { ["=", "==", "~="].contains($0.relation) && $0.version.count > 1 }?.version[1]
    }

    /// True for a version such as `3.10.13`, compared with as many numbers as the clause has.
    func admits(_ version: String) -> Bool {
        let numbers = version.split(separator: ".").map { Int($0.prefix { ("0"..."9").contains($0) }) ?? 0 }
        return clauses.allSatisfy { clause in
            let order =
                zip(numbers + Array(repeating: 0, count: clause.version.count), clause.version)
                .first { $0 != $1 }.map { $0 < $1 ? -1 : 1 } ?? 0
            return switch clause.relation {
            case "=", "==": order == 0
            case ">=": order >= 0
            case "<=": order <= 0
            case "<": order < 0
            case ">": order > 0
            // PEP 440: ~=3.8.1 is >=3.8.1 and ==3.8.*.
            default: order >= 0 && numbers.starts(with: clause.version.dropLast())
            }
        }
    }
}
