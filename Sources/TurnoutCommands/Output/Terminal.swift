internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What a stream can show.
struct Terminal: Sendable {
    /// True on a terminal on which lines can be drawn again.
    var isInteractive: Bool
    var style: Style
    /// Characters in a line; 100 where nobody says.
    var columns: Int
    /// Lines on the screen; 24 where nobody says.
    var rows: Int

    static var standardOutput: Terminal { Composition.current.terminal(STDOUT_FILENO) }
    static var standardError: Terminal { Composition.current.terminal(STDERR_FILENO) }

    /// Honours `NO_COLOR` (https://no-color.org) and `TERM=dumb`.
    init(descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let isTerminal = isatty(descriptor) == 1
        isInteractive = isTerminal && environment["TERM"] != "dumb"
        style = Style(isColored: isInteractive && (environment["NO_COLOR"] ?? "").isEmpty)
        let size = isTerminal ? Self.size(of: descriptor) : nil
        let named = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 >= 20 ? $0 : nil }
        columns = size?.columns ?? named ?? 100
        rows = size?.rows ?? 24
    }

    /// Nil where the terminal does not know its size.
    private static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
