/// Inspects strings by their UTF-8 bytes, without copying.
extension String {
    /// Calls `body` with the string's UTF-8 bytes.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        // Only strings bridged from Objective-C lack contiguous storage.
        utf8.withContiguousStorageIfAvailable(body) ?? Array(utf8).withUnsafeBufferPointer(body)
    }

    /// Whether the string equals `lowercase`, ignoring case; both must be tokens, and `lowercase` must be in lower
    /// case.
    func isEqualIgnoringCase(_ lowercase: StaticString) -> Bool {
        withBytes {
            $0.count == lowercase.utf8CodeUnitCount && UnsafeRawBufferPointer($0).starts(withIgnoringCase: lowercase)
        }
    }

    /// The value without the optional spaces and tabs around it (RFC 9110, section 5.6.3).
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

    /// Whether the value is the media type of server-sent events, with any parameters.
    var namesEventStream: Bool {
        let type: StaticString = "text/event-stream"
        return trimmingOptionalSpace.withBytes { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            guard bytes.starts(withIgnoringCase: type) else { return false }
            guard bytes.count > type.utf8CodeUnitCount else { return true }
            return [UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t")].contains(bytes[type.utf8CodeUnitCount])
        }
    }

    /// Whether the string contains a control character that is not allowed in a header field; a tab is allowed.
    var hasControlCharacter: Bool {
        withBytes { bytes in bytes.contains { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F } }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes begin with the token `lowercase`, ignoring case; `lowercase` must be in lower case.
    func starts(withIgnoringCase lowercase: StaticString) -> Bool {
        lowercase.withUTF8Buffer { lowercase in
            guard count >= lowercase.count else { return false }
            // In a token, setting this bit changes only uppercase letters, or yields a byte that none of the compared
            // names contains.
            for index in lowercase.indices where self[index] | 0x20 != lowercase[index] { return false }
            return true
        }
    }
}

extension UInt8 {
    /// Space or tab.
    fileprivate var isOptionalSpace: Bool { self == 0x20 || self == 0x09 }
}
