#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import FoundationEssentials

/// Reads processes from /proc; finds none on systems without it, such as macOS.
enum ProcessTable {
    struct Entry: Hashable {
        var process: Int32
        var group: Int32
        /// The start time in clock ticks since boot; together with the ID it identifies a process until the next boot.
        var start: Int64

        /// The identity `PROCESS-START`, for file names and variables.
        var text: String { "\(process)-\(start)" }
    }

    /// The ID of the present boot; nil if it is unknown.
    static let bootID: String? = text(of: "/proc/sys/kernel/random/boot_id")?.split(separator: "\n").first.map(
        String.init)

    /// The entry of a process; nil if it does not exist or is a zombie.
    static func entry(_ process: Int32) -> Entry? {
        // The second field is the program's name in parentheses, whatever it contains (proc_pid_stat(5)).
        guard let line = text(of: "/proc/\(process)/stat"), let name = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: name)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let group = Int32(fields[2]),
            let start = Int64(fields[19])
        else { return nil }
        return Entry(process: process, group: group, start: start)
    }

    static func all() -> [Entry] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var entries: [Entry] = []
        while let item = readdir(folder) {
            let name = withUnsafeBytes(of: item.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let process = Int32(name), let entry = entry(process) { entries.append(entry) }
        }
        return entries
    }

    /// The environment with which a process was started; empty if it cannot be read.
    static func environment(of process: Int32) -> [String: String] {
        let pairs = (text(of: "/proc/\(process)/environ") ?? "").split(separator: "\0").map {
            $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        }
        return Dictionary(
            pairs.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Kills every process that was started with this variable, including those in other process groups and sessions.
    static func end(_ variable: String, _ value: String) {
        for entry in all() where environment(of: entry.process)[variable] == value { kill(entry.process, SIGKILL) }
    }

    private static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &bytes, bytes.count)
            guard count >= 0 else { return nil }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += bytes[..<count]
        }
    }
}
