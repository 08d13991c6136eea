extension UInt8 {
    /// Whether the byte is an ASCII digit.
    package var isDigit: Bool { (48...57).contains(self) }
    /// Whether the byte is an ASCII letter.
    package var isLetter: Bool { (97...122).contains(self | 0x20) && self >= 65 }
}

extension Sequence<UInt8> {
    /// Two lowercase hexadecimal digits for each byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        let text = reduce(into: [UInt8]()) { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
