/// Looking at texts by their bytes, in place.
extension String {
    /// Calls `body` with the text in UTF-8.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        // Only texts that came from Objective-C have no such storage.
        utf8.withContiguousStorageIfAvailable(body) ?? Array(utf8).withUnsafeBufferPointer(body)
    }

    /// True when they differ by case at most; `lowercase` is in ASCII and in lower case.
    func isEqualIgnoringCase(_ lowercase: StaticString) -> Bool {
        withBytes {
            $0.count == lowercase.utf8CodeUnitCount && UnsafeRawBufferPointer($0).starts(withIgnoringCase: lowercase)
        }
    }

    /// True with a byte that no header field may have; a tab is allowed.
    var hasControlCharacter: Bool {
        withBytes { bytes in bytes.contains { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F } }
    }
}

extension UnsafeRawBufferPointer {
    /// `lowercase` is in ASCII and in lower case.
    func starts(withIgnoringCase lowercase: StaticString) -> Bool {
        guard count >= lowercase.utf8CodeUnitCount else { return false }
        for index in 0..<lowercase.utf8CodeUnitCount {
            let byte = self[index]
            let folded = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
            guard folded == lowercase.utf8Start[index] else { return false }
        }
        return true
    }
}
