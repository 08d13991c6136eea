/// Selects objects by labels.
///
/// All requirements must hold.
package struct Selector: Hashable, Sendable, CustomStringConvertible, ExpressibleByDictionaryLiteral {
    package enum Requirement: Hashable, Sendable, CustomStringConvertible {
        case equals(String, String)
        case differs(String, String)
        case isOneOf(String, [String])
        case exists(String)
        case isAbsent(String)

        /// The requirement in the notation of the API's query.
        package var description: String {
            switch self {
            case .equals(let key, let value): "\(key)=\(value)"
            case .differs(let key, let value): "\(key)!=\(value)"
            case .isOneOf(let key, let values): "\(key) in (\(values.joined(separator: ",")))"
            case .exists(let key): key
            case .isAbsent(let key): "!\(key)"
            }
        }

        func holds(for labels: [String: String]) -> Bool {
            switch self {
            case .equals(let key, let value): labels[key] == value
            case .differs(let key, let value): labels[key] != value
            case .isOneOf(let key, let values): labels[key].map(values.contains) ?? false
            case .exists(let key): labels[key] != nil
            case .isAbsent(let key): labels[key] == nil
            }
        }
    }

    package var requirements: [Requirement]

    package init(_ requirements: [Requirement]) { self.requirements = requirements }
    package init(_ labels: [String: String]) {
        requirements = labels.sorted { $0.key < $1.key }.map { .equals($0.key, $0.value) }
    }
    package init(dictionaryLiteral elements: (String, String)...) {
        requirements = elements.map { .equals($0.0, $0.1) }
    }

    /// Selects every object.
    package static let everything = Selector([Requirement]())

    package var description: String { requirements.map(\.description).joined(separator: ",") }

    package func matches(_ labels: [String: String]) -> Bool { requirements.allSatisfy { $0.holds(for: labels) } }
}
