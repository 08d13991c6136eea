/// The percentage of requests per deployment, in whole percents; deployments that are not listed have 0.
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

    /// The sum of all percentages, or `Int.max` on overflow.
    package var sum: Int {
        percents.values.reduce(0) { total, percent in
            let (sum, overflow) = total.addingReportingOverflow(percent)
            return overflow ? .max : sum
        }
    }

    package var isEmpty: Bool { percents.isEmpty }
    /// The deployments with a share, sorted by name.
    package var deployments: [Name] { percents.keys.sorted() }
}

extension Traffic: CustomStringConvertible, ExpressibleByDictionaryLiteral, Codable {
    /// The traffic sorted by name, for example `{blue: 90, green: 10}`.
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
