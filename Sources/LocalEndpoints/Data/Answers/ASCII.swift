internal import NIOCore

/// Writing of what every answer has, without strings in between.
extension ByteBuffer {
    mutating func writeDecimal(_ number: Int) {
        guard number >= 10 else {
            writeInteger(UInt8(ascii: "0") + UInt8(max(number, 0)))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = number
            var index = digits.count
            repeat {
                index -= 1
                digits[index] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[index...]))
        }
    }

    /// Milliseconds with three decimals: `12.345`.
    mutating func writeMilliseconds(nanoseconds: UInt64) {
        let microseconds = Int(clamping: nanoseconds / 1000)
        writeDecimal(microseconds / 1000)
        writeInteger(UInt8(ascii: "."))
        writeInteger(UInt8(ascii: "0") + UInt8(microseconds / 100 % 10))
        writeInteger(UInt8(ascii: "0") + UInt8(microseconds / 10 % 10))
        writeInteger(UInt8(ascii: "0") + UInt8(microseconds % 10))
    }
}

extension StringProtocol {
    /// True when they differ by case at most; `lowercase` is in ASCII and in lower case.
    func isEqualIgnoringCase(_ lowercase: StaticString) -> Bool {
        lowercase.withUTF8Buffer { wanted in
            guard utf8.count == wanted.count else { return false }
            for (byte, other) in zip(utf8, wanted) {
                let folded = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
                guard folded == other else { return false }
            }
            return true
        }
    }
}
