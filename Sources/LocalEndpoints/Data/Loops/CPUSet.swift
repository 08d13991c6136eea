internal import FoundationEssentials
internal import NIOCore

/// The CPU cores that this process may use, which `taskset` or a container may restrict.
enum CPUSet {
    static var count: Int {
        // Without this file, all cores may be used.
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let allowed = count(in: status), allowed > 0
        else { return System.coreCount }
        return min(allowed, System.coreCount)
    }

    /// Counts the bits of `Cpus_allowed`: a value of `3` means two cores; groups of eight hexadecimal digits are
    /// separated by commas.
    static func count(in status: String) -> Int? {
        let label = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(label) }) else { return nil }
        return line.dropFirst(label.count).compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
    }
}
