#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Why the emulator cannot start or continue, with a message that says what to do.
package struct EmulatorError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Codable, Hashable, Sendable {
        /// Another emulator holds the folder; `pid` is its process if the folder records it.
        case inUse(pid: Int32?)
        /// Other users can access a file that holds a secret, or its contents are not a valid secret.
        case unsafe
        /// The emulator would listen on an address that is not allowed.
        case address
        /// A file or the database could not be read or written.
        case storage
        /// An environment variable has an invalid value.
        case setting
        /// Any other failure; for example, the emulator exited or did not respond in time.
        case failed
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    /// An error with the system's message for `errno`.
    static func system(_ path: String, doing: String, errno number: Int32, _ code: Code = .storage) -> EmulatorError {
        EmulatorError(code, "\(path): \(doing) failed: \(String(cString: strerror(number)))")
    }
}
