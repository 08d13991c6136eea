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

    /// Without the spaces and tabs that may stand around a field's value (RFC 9110, 5.6.3).
    var trimmingOptionalSpace: String {
        let isTrimmed = withBytes { bytes in
            guard let first = bytes.first, let last = bytes.last else { return true }
            return !first.isOptionalSpace && !last.isOptionalSpace
        }
        if isTrimmed { return self }
        var rest = utf8[...]
        while rest.first?.isOptionalSpace == true { rest.removeFirst() }
        while rest.last?.isOptionalSpace == true { rest.removeLast() }
        return String(rest) ?? self
    }

    /// True for the media type of server-sent events, whatever its parameters.
    var namesEventStream: Bool {
        let type: StaticString = "text/event-stream"
        return trimmingOptionalSpace.withBytes { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            guard bytes.starts(withIgnoringCase: type) else { return false }
            guard bytes.count > type.utf8CodeUnitCount else { return true }
            return [UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t")].contains(bytes[type.utf8CodeUnitCount])
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

extension UInt8 {
    /// Space or tab.
    fileprivate var isOptionalSpace: Bool { self == 0x20 || self == 0x09 }
}
