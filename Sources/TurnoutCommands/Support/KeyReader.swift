internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Reads keys from the terminal at standard input, unbuffered and without echo.
///
/// Signals still work: Ctrl-C interrupts.
final class KeyReader: Sendable {
    enum Key: Hashable, Sendable {
        case character(Character)
        case enter, backspace, escape
    }

    private let earlier = Mutex<termios?>(nil)

    /// Whether this process may read the terminal.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp() }

    func start() {
        earlier.withLock { earlier in
            var settings = termios()
            guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
            earlier = settings
            settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
            withUnsafeMutableBytes(of: &settings.c_cc) { characters in
                characters[Int(VMIN)] = 0
                characters[Int(VTIME)] = 0
            }
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        }
    }

    /// Restores the terminal's settings.
    func stop() {
        earlier.withLock { earlier in
            guard var settings = earlier else { return }
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
            earlier = nil
        }
    }

    /// Returns the keys that were pressed since the last call.
    func read() -> [Key] {
        guard earlier.withLock({ $0 != nil }) else { return [] }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = buffer.withUnsafeMutableBytes { bytes in
            #if canImport(Darwin)
                Darwin.read(STDIN_FILENO, bytes.baseAddress, bytes.count)
            #else
                Glibc.read(STDIN_FILENO, bytes.baseAddress, bytes.count)
            #endif
        }
        guard count > 0 else { return [] }
        return Self.keys(String(decoding: buffer.prefix(count), as: UTF8.self))
    }

    /// Returns the keys in `text`, without those that only move the cursor.
    static func keys(_ text: String) -> [Key] {
        var keys: [Key] = []
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "\r", "\n", "\r\n": keys.append(.enter)
            case "\u{7F}", "\u{8}": keys.append(.backspace)
            case "\u{1B}" where rest.first == "[" || rest.first == "O":
                rest.removeFirst()
                while let next = rest.popFirst(), !next.isLetter, next != "~" {}
            case "\u{1B}": keys.append(.escape)
            default: if character >= " " { keys.append(.character(character)) }
            }
        }
        return keys
    }
}
