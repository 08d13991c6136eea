internal import FoundationEssentials

/// A position in a text: line and column from 1, columns counted in Unicode characters.
package struct Position: Hashable, Comparable, Sendable, Codable {
    // Every node of a file has two positions: 32 bits are enough for a file of 1 MiB.
    private var storedLine: UInt32
    private var storedColumn: UInt32

    private enum CodingKeys: String, CodingKey {
        case storedLine = "line"
        case storedColumn = "column"
    }

    package var line: Int { Int(storedLine) }
    package var column: Int { Int(storedColumn) }

    package init(line: Int, column: Int) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
    }

    package static func < (left: Position, right: Position) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A range of positions that excludes its end.
struct Span: Hashable, Sendable {
    var start: Position
    var end: Position

    static let beginning = Span(start: Position(line: 1, column: 1), end: Position(line: 1, column: 1))
}

/// A file's path and its bytes without a byte order mark, split into lines as YAML does.
struct SourceFile: Sendable {
    /// The path as the user wrote it, which findings show.
    let path: String
    let bytes: [UInt8]
    /// The offset of the first byte of each line; there is at least one.
    private let lineStarts: [Int]

    init(path: String, data: Data) {
        self.path = path
        // A byte order mark has no meaning in UTF-8 and does not count as a character of the first line.
        bytes = Array(data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data)
        lineStarts = Self.lineStarts(of: bytes)
    }

    var lineCount: Int { lineStarts.count }

    /// A line without its break; bytes that are not UTF-8 are shown as `�`.
    func line(_ number: Int) -> String {
        guard lineStarts.indices.contains(number - 1) else { return "" }
        let start = lineStarts[number - 1]
        let end = number < lineStarts.count ? lineStarts[number] : bytes.count
        var scalars = Array(String(decoding: bytes[start..<end], as: UTF8.self).unicodeScalars)
        while let last = scalars.last, last.isLineBreak { scalars.removeLast() }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// Returns the position of the byte at `offset`.
    func position(at offset: Int) -> Position {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        let before = String(
            decoding: bytes[lineStarts[low]..<min(max(offset, lineStarts[low]), bytes.count)], as: UTF8.self)
        return Position(line: low + 1, column: before.unicodeScalars.count + 1)
    }

    /// Returns the text at `span`, or an empty string if it covers several lines.
    func text(of span: Span) -> String {
        guard span.start.line == span.end.line else { return "" }
        let characters = line(span.start.line).unicodeScalars
        let part = characters.dropFirst(span.start.column - 1).prefix(span.end.column - span.start.column)
        return String(String.UnicodeScalarView(part))
    }

    private static func lineStarts(of bytes: [UInt8]) -> [Int] {
        var starts = [0]
        bytes.withUnsafeBufferPointer { bytes in
            for index in bytes.indices {
                let isBreak =
                    switch bytes[index] {
                    case 0x0A: true
                    case 0x0D: index + 1 == bytes.count || bytes[index + 1] != 0x0A
                    case 0x85: index >= 1 && bytes[index - 1] == 0xC2
                    case 0xA8, 0xA9: index >= 2 && bytes[index - 1] == 0x80 && bytes[index - 2] == 0xE2
                    default: false
                    }
                if isBreak { starts.append(index + 1) }
            }
        }
        return starts
    }
}

extension Unicode.Scalar {
    /// Whether YAML 1.1, and therefore libyaml, ends a line with this character.
    var isLineBreak: Bool {
        switch value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}

/// A range of a file, to which a finding can point.
package struct Location: Sendable {
    var source: SourceFile
    var span: Span
}
