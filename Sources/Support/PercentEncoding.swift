/// Percent-encoding by RFC 3986: bytes other than letters, digits and `-._~` are written `%XX`.
package enum PercentEncoding {
    /// Returns the text encoded for a segment of a path, the value of a header or a form; the bytes `kept` are not
    /// encoded.
    package static func encoded(_ text: String, keeping kept: String = "") -> String {
        let hexadecimal = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            guard !isUnreserved(byte), !kept.utf8.contains(byte) else {
                return result.unicodeScalars.append(Unicode.Scalar(byte))
            }
            result += "%\(hexadecimal[Int(byte >> 4)])\(hexadecimal[Int(byte & 15)])"
        }
    }

    /// Returns the decoded text; `nil` if a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    package static func decoded(_ text: String) -> String? { decoded(Substring(text)) }

    package static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "-._~".utf8.contains(byte)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
