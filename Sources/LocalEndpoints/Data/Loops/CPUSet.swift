internal import FoundationEssentials
internal import NIOCore

/// The cores that this process may run on: fewer than there are under `taskset` or in a container.
enum CPUSet {
    static var count: Int {
        // Where there is no such file, every core is meant.
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let allowed = count(in: status), allowed > 0
        else { return System.coreCount }
        return min(allowed, System.coreCount)
    }

    /// `Cpus_allowed:	3` has two; groups of eight hexadecimal digits are parted by commas.
    static func count(in status: String) -> Int? {
        let label = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(label) }) else { return nil }
        return line.dropFirst(label.count).compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
    }
}
