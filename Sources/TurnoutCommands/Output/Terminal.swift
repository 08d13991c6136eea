internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What a stream of this process can show.
struct Terminal: Sendable {
    /// True on a terminal on which lines can be drawn again.
    var isInteractive: Bool
    var style: Style
    /// Characters in a line; 100 where nobody says.
    var columns: Int

    static var standardOutput: Terminal { Terminal(descriptor: STDOUT_FILENO) }
    static var standardError: Terminal { Terminal(descriptor: STDERR_FILENO) }

    /// Honours `NO_COLOR` (https://no-color.org) and `TERM=dumb`.
    init(descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let isTerminal = isatty(descriptor) == 1
        isInteractive = isTerminal && environment["TERM"] != "dumb"
        style = Style(isColored: isInteractive && (environment["NO_COLOR"] ?? "").isEmpty)
        columns = Self.columns(of: descriptor, isTerminal: isTerminal, environment: environment)
    }

    private static func columns(of descriptor: Int32, isTerminal: Bool, environment: [String: String]) -> Int {
        var size = winsize()
        if isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        if let named = environment["COLUMNS"].flatMap({ Int($0) }), named >= 20 { return named }
        return 100
    }
}
