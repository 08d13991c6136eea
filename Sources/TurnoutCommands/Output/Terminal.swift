internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The display capabilities of an output stream.
struct Terminal: Sendable {
    /// Whether the stream is a terminal that can redraw lines.
    var isInteractive: Bool
    var style: Style
    /// Characters per line.
    ///
    /// Default: 100.
    var columns: Int
    /// Lines on the screen.
    ///
    /// Default: 24.
    var rows: Int

    static var standardOutput: Terminal { Composition.current.terminal(STDOUT_FILENO) }
    static var standardError: Terminal { Composition.current.terminal(STDERR_FILENO) }

    /// Determines the capabilities of a file descriptor; honours `NO_COLOR` (https://no-color.org) and `TERM=dumb`.
    init(descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let isTerminal = isatty(descriptor) == 1
        isInteractive = isTerminal && environment["TERM"] != "dumb"
        style = Style(isColored: isInteractive && (environment["NO_COLOR"] ?? "").isEmpty)
        let size = isTerminal ? Self.size(of: descriptor) : nil
        let named = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 >= 20 ? $0 : nil }
        columns = size?.columns ?? named ?? 100
        rows = size?.rows ?? 24
    }

    /// Returns nil if the terminal does not report its size.
    private static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
