/// Splits a program's output into lines, however it is divided into chunks.
struct LineSplitter {
    /// The maximum length of a line in bytes; longer lines are split.
    static let longest = 8192

    private var rest: [UInt8] = []

    /// Adds output, and returns the lines that are complete.
    mutating func receive(_ bytes: some Collection<UInt8>) -> [String] {
        rest += bytes
        var lines: [String] = []
        var begin = rest.startIndex
        while begin < rest.endIndex {
            let limit = min(begin + Self.longest, rest.endIndex)
            if let end = rest[begin..<limit].firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(text(rest[begin..<end]))
                begin = end + 1
            } else if limit - begin == Self.longest {
                lines.append(text(rest[begin..<limit]))
                begin = limit
            } else {
                break
            }
        }
        rest.removeSubrange(..<begin)
        return lines
    }

    /// Returns the last line if it is not terminated.
    mutating func finish() -> String? {
        defer { rest = [] }
        return rest.isEmpty ? nil : text(rest[...])
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
    }
}
