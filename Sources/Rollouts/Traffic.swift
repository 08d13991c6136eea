/// Whole percents of requests per deployment; a deployment that is not named has 0, so entries of 0 are not kept.
package struct Traffic: Hashable, Sendable {
    package private(set) var percents: [Name: Int]

    package init(_ percents: [Name: Int] = [:]) {
        self.percents = percents.filter { $0.value != 0 }
    }

    package static let none = Traffic()

    package subscript(deployment: Name) -> Int {
        get { percents[deployment] ?? 0 }
        set { percents[deployment] = newValue == 0 ? nil : newValue }
    }

    /// The sum of all percents; one that can't be counted is `Int.max`.
    package var sum: Int {
        percents.values.reduce(0) { total, percent in
            let (sum, overflow) = total.addingReportingOverflow(percent)
            return overflow ? .max : sum
        }
    }

    package var isEmpty: Bool { percents.isEmpty }
    /// The deployments with a share, by name.
    package var deployments: [Name] { percents.keys.sorted() }
}

extension Traffic: CustomStringConvertible, ExpressibleByDictionaryLiteral, Codable {
    /// `{blue: 90, green: 10}`, by name.
    package var description: String {
        "{" + deployments.map { "\($0): \(self[$0])" }.joined(separator: ", ") + "}"
    }

    package init(dictionaryLiteral elements: (Name, Int)...) {
        self.init(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([Name: Int].self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(percents)
    }
}
