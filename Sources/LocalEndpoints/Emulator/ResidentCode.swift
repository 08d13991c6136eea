internal import FoundationEssentials

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The pages of program code that count as this process's memory.
package enum ResidentCode {
    /// Gives back what only the start has needed: code of the command line, certificates, migrations and relocations.
    ///
    /// What is needed again is mapped again from the kernel's cache when it is touched. Without this, an emulator that
    /// waits would be twice as large as what it uses.
    package static func release() {
        #if os(Linux)
            // Where there is no such file, everything stays mapped.
            guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return }
            for range in codeRanges(in: maps) {
                // It may refuse, too; then these pages stay.
                _ = madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
            }
        #endif
    }

    /// The address ranges that hold a file's code and nothing that was written: `7f00-7f20 r-xp 00000000 08:01 42 /lib/x`.
    static func codeRanges(in maps: String) -> [Range<UInt>] {
        maps.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count >= 6, words[1] == "r-xp", words[5].hasPrefix("/") else { return nil }
            let ends = words[0].split(separator: "-").map { UInt($0, radix: 16) }
            guard ends.count == 2, let begin = ends[0], let end = ends[1], begin < end else { return nil }
            return begin..<end
        }
    }
}
