/// Why a definition has no form on the wire, in a sentence.
package struct MappingProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
