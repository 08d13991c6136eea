#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Why the emulator cannot start or go on, in a sentence that says what to do.
package struct EmulatorError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Codable, Hashable, Sendable {
        /// Another emulator has the folder; its process, where the folder tells.
        case inUse(pid: Int32?)
        /// A file with a secret can be read by others, or is no secret of ours.
        case unsafe
        /// It would listen where it must not.
        case address
        /// A file or the database could not be read or written.
        case storage
        /// A variable of the environment says what is not possible.
        case setting
        /// Anything else: it ended, or did not answer in time.
        case failed
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    /// What the system says of the operation that failed last.
    static func system(_ path: String, doing: String, errno number: Int32, _ code: Code = .storage) -> EmulatorError {
        EmulatorError(code, "\(path): \(doing) failed: \(String(cString: strerror(number)))")
    }
}
