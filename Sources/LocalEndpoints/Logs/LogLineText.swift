internal import RolloutEngine
internal import Rollouts

/// The file format of a log line: `MILLISECONDS TAB INSTANCE TAB TEXT`, with control characters in the text escaped so
/// that it is always one line.
enum LogLineText {
    /// The maximum number of bytes kept of a line's text, so that a server that prints megabytes without a line feed
    /// does not fill the log.
    static let longest = 8192

    /// Appends `line` and a line feed to `bytes`.
    static func append(_ line: LogLine, to bytes: inout [UInt8]) {
        append(line.at.milliseconds, to: &bytes)
        bytes.append(tab)
        if let instance = line.instance { append(instance, to: &bytes) }
        bytes.append(tab)
        append(line.text, to: &bytes)
        bytes.append(lineFeed)
    }

    /// Parses a line; returns `nil` if it is incomplete, for example because a crash or a full disk cut it off.
    static func line(_ bytes: some Sequence<UInt8>) -> LogLine? {
        let fields = Array(bytes).split(separator: tab, maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, let at = Int64(String(decoding: fields[0], as: UTF8.self)) else { return nil }
        return LogLine(
            at: Timestamp(milliseconds: at), instance: fields[1].isEmpty ? nil : unescaped(fields[1]),
            text: unescaped(fields[2]))
    }

    static let lineFeed = UInt8(ascii: "\n")
    private static let tab = UInt8(ascii: "\t")
    private static let backslash = UInt8(ascii: "\\")

    private static func append(_ number: Int64, to bytes: inout [UInt8]) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        let begin = bytes.count
        var rest = number.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[begin...].reverse()
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let begin = bytes.count
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0.prefix(longest)) }
        guard bytes[begin...].contains(where: { $0 < 0x20 || $0 == backslash }) else { return }
        let raw = bytes[begin...]
        bytes.removeSubrange(begin...)
        for byte in raw {
            switch byte {
            case lineFeed: bytes += [backslash, UInt8(ascii: "n")]
            case UInt8(ascii: "\r"): bytes += [backslash, UInt8(ascii: "r")]
            case tab: bytes += [backslash, UInt8(ascii: "t")]
            case backslash: bytes += [backslash, backslash]
            default: bytes.append(byte)
            }
        }
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(backslash) else { return String(decoding: bytes, as: UTF8.self) }
        var plain: [UInt8] = []
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            guard byte == backslash, let escaped = rest.next() else {
                plain.append(byte)
                continue
            }
            switch escaped {
            case UInt8(ascii: "n"): plain.append(lineFeed)
            case UInt8(ascii: "r"): plain.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "t"): plain.append(tab)
            default: plain.append(escaped)
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
