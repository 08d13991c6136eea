/// Explains in a sentence why a definition cannot be expressed on the wire.
package struct MappingProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
