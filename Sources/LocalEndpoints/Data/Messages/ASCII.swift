/// Looking at texts by their bytes, in place.
extension String {
    /// Calls `body` with the text in UTF-8.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        // Only texts that came from Objective-C have no such storage.
        utf8.withContiguousStorageIfAvailable(body) ?? Array(utf8).withUnsafeBufferPointer(body)
    }

    /// True when these are tokens that differ by case at most; `lowercase` is in lower case.
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
    /// True when this begins with a token that differs from `lowercase`, which is in lower case, by case at most.
    func starts(withIgnoringCase lowercase: StaticString) -> Bool {
        lowercase.withUTF8Buffer { lowercase in
            guard count >= lowercase.count else { return false }
            // Everything in a token but its large letters has this bit, or is none that is asked for.
            for index in lowercase.indices where self[index] | 0x20 != lowercase[index] { return false }
            return true
        }
    }
}
