internal import Rollouts

@testable import PlaybookSyntax

/// The tables of the playbook reference, made from the shapes that playbooks and their files are read by.
struct PlaybookReference {
    private var text = ""

    static func tables(_ backends: [any BackendPlugin]) -> String {
        var reference = PlaybookReference()
        let playbook = ObjectShape.playbook(backends)
        reference.heading("playbook", level: 2)
        reference.add(playbook, at: "playbook", linking: ["backends": "#backends"])
        for field in playbook.fields where field.key != "backends" {
            for (key, object) in field.shape.objects(field.key) { reference.addSection(key, object) }
        }
        reference.heading("endpoint file", level: 2)
        reference.add(AzureObject.anyEndpoint, at: "endpoint file")
        reference.heading("deployment file", level: 2)
        reference.add(AzureObject.anyDeployment, at: "deployment file")
        reference.heading("backends", level: 2)
        reference.paragraph("Settings of each backend, under its name.")
        for backend in backends {
            for (key, object) in backend.settingsShape.objects(backend.name) {
                reference.addSection("backends \(key)", object)
            }
        }
        return reference.text
    }

    private mutating func heading(_ title: String, level: Int) {
        text += String(repeating: "#", count: level) + " \(title)\n\n"
    }

    private mutating func paragraph(_ sentence: String) { text += sentence + "\n\n" }

    private mutating func table(_ rows: [[String]]) {
        let head = ["Key", "Type", "Default", "Example", "Description"]
        for cells in [head, head.map { _ in "---" }] + rows { text += "| " + cells.joined(separator: " | ") + " |\n" }
        text += "\n"
    }

    // MARK: - Playbooks and settings

    private mutating func addSection(_ path: String, _ object: ObjectShape) {
        heading(path, level: 3)
        add(object, at: path)
        for field in object.fields {
            for (key, object) in field.shape.objects("\(path) \(field.key)") { addSection(key, object) }
        }
    }

    private mutating func add(_ object: ObjectShape, at path: String, linking links: [String: String] = [:]) {
        if !object.oneOf.isEmpty {
            paragraph("Exactly one of " + object.oneOf.map { "`\($0)`" }.joined(separator: ", ") + ".")
        }
        let prefix = path == "playbook" ? "" : path + " "
        table(
            object.fields.map { field in
                let (description, standard) = field.description.splittingDefault
                return row(
                    field.key,
                    links[field.key].map { "[mapping](\($0))" } ?? field.shape.words(prefix + field.key),
                    field.isRequired ? "**required**" : standard, field.example, description)
            })
    }

    private func row(
        _ key: String, _ type: String, _ standard: String?, _ example: String?, _ description: String
    ) -> [String] {
        ["`\(key)`", type, standard ?? "", example.map { "`\($0)`" } ?? "", description].map {
            $0.replacing("|", with: "\\|")
        }
    }

    // MARK: - Azure's files

    private mutating func add(_ object: AzureObject, at path: String) {
        let written = object.fields.filter { object.writtenKeys.contains($0.key) }
        table(
            written.map { field in
                let (description, standard) = field.description.splittingDefault
                let need = field.isRequired ? "**required**" + (field.alternative.map { ", or \($0)" } ?? "") : standard
                return row(field.key, field.shape.words("\(path) \(field.key)"), need, field.example, description)
            })
        let others = object.fields.filter { !object.writtenKeys.contains($0.key) }.map { "`\($0.key)`" }
        if !others.isEmpty { paragraph("Accepted and not used: " + others.joined(separator: ", ") + ".") }
        for field in written {
            for (key, object) in field.shape.objects("\(path) \(field.key)") {
                heading(key, level: 3)
                add(object, at: key)
            }
        }
    }
}

extension Shape {
    /// The mappings with known keys that a value can be, under the heading that each has.
    fileprivate func objects(_ path: String) -> [(String, ObjectShape)] {
        switch self {
        case .object(let object): [(path, object)]
        case .list(let element, _): element.objects(path)
        case .mapping(let value, _): value.objects(path)
        case .anyOf(let shapes): shapes.flatMap { $0.objects(path) }
        default: []
        }
    }

    fileprivate func words(_ path: String) -> String {
        switch self {
        case .any: "any value"
        case .text: "string"
        case .pattern(let pattern): "string, `\(pattern.expression)`"
        case .word: "string"
        case .integer(let range): "integer, \(range.words)"
        case .number(let range): range.upperBound < 1e300 ? "number, \(range.words)" : "number"
        case .boolean: "boolean"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .duration(let words, let isPositive, let takesSeconds, _):
            (isPositive ? "duration above 0s" : "duration") + (takesSeconds ? ", or seconds" : "")
                + words.map { ", `\($0)`" }.joined()
        case .percent: "percent"
        case .fraction(let range): "fraction, at most \(range.upperBound.percent)"
        case .rate(let isBare): isBare ? "rate, or requests a second" : "rate"
        case .path: "path"
        case .name: "name"
        case .condition: "boolean or expression"
        case .list(let element, let minimum): (minimum > 0 ? "list, not empty, of " : "list of ") + element.words(path)
        case .mapping(let value, _): "mapping of names to " + value.words(path)
        case .object: "[mapping](#\(path.anchor))"
        case .anyOf(let shapes): shapes.map { $0.words(path) }.joined(separator: " or ")
        }
    }
}

extension AzureShape {
    fileprivate func objects(_ path: String) -> [(String, AzureObject)] {
        switch self {
        case .object(let object), .textOr(let object), .asset(let object): [(path, object)]
        case .list(let element, _): element.objects(path)
        case .mapping(let value): value.objects(path)
        default: []
        }
    }

    fileprivate func words(_ path: String) -> String {
        switch self {
        case .text: "string"
        case .name, .endpointName: "name"
        case .integer, .amount: "integer"
        case .share: "number, 0 to 1"
        case .flag: "boolean"
        case .word(let word): word.words.map { "`\($0)`" }.joined(separator: ", ")
        case .version: "string or number"
        case .words: "mapping of names to strings"
        case .anyMapping: "mapping"
        case .percents: "mapping of names to percents"
        case .list(let element, let limit):
            "list of " + element.words(path) + (limit.map { ", at most \($0)" } ?? "")
        case .mapping(let value): "mapping of names to " + value.words(path)
        case .object: "[mapping](#\(path.anchor))"
        case .textOr: "string or [mapping](#\(path.anchor))"
        case .asset: "`azureml:…` or [mapping](#\(path.anchor))"
        case .reference: "`azureml:…`"
        case .condaFile: "path, or its content"
        case .buildFolder: "path or URL"
        case .readOnly, .unused: "not used"
        }
    }
}

extension String {
    /// The anchor of a heading.
    fileprivate var anchor: String {
        replacing(" ", with: "-").filter { $0.isLetter || $0.isNumber || "-_".contains($0) }
    }

    /// The description without its default, which has a column of its own.
    fileprivate var splittingDefault: (description: String, standard: String?) {
        guard let match = firstMatch(of: #/^(?<text>.*?)\. Default: (?<standard>.+)\.$/#) else { return (self, nil) }
        return (match.output.text + ".", String(match.output.standard))
    }
}

extension ClosedRange<Int> {
    fileprivate var words: String { upperBound == .max ? "at least \(lowerBound)" : "\(lowerBound) to \(upperBound)" }
}

extension ClosedRange<Double> {
    fileprivate var words: String { "\(lowerBound.short) to \(upperBound.short)" }
}

extension Double {
    /// Without a fraction that is 0.
    fileprivate var short: String { self == rounded() ? "\(Int(self))" : "\(self)" }

    fileprivate var percent: String { "\(Int((self * 100).rounded()))%" }
}
