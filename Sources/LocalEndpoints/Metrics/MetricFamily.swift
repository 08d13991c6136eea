/// The samples of one metric in Prometheus' text format (version 0.0.4).
struct MetricFamily {
    enum Kind: String {
        case counter, gauge, histogram
    }

    let name: String
    let kind: Kind
    let help: String
    private var lines = ""

    init(_ name: String, _ kind: Kind, help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    mutating func add(_ value: some CustomStringConvertible, _ labels: [(String, String)] = [], suffix: String = "") {
        let list = labels.map { "\($0)=\"\(Self.escape($1))\"" }.joined(separator: ",")
        lines += list.isEmpty ? "\(name)\(suffix) \(value)\n" : "\(name)\(suffix){\(list)} \(value)\n"
    }

    /// Adds a histogram's samples; `counts` has one more entry than `bounds`, for values above the last bound.
    mutating func add(counts: [Int], bounds: [Double], sum: Double, _ labels: [(String, String)]) {
        var below = 0
        for (count, bound) in zip(counts, bounds) {
            below += count
            add(below, labels + [("le", "\(bound)")], suffix: "_bucket")
        }
        let total = counts.reduce(0, +)
        add(total, labels + [("le", "+Inf")], suffix: "_bucket")
        add(sum, labels, suffix: "_sum")
        add(total, labels, suffix: "_count")
    }

    /// The family's lines; empty if there are no samples.
    var text: String { lines.isEmpty ? "" : "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n\(lines)" }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        for character in value {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
