#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import FoundationEssentials
internal import Synchronization

/// Records the process groups that a deployment has started in a file of its folder.
///
/// If even the guardian was killed, the next emulator of the folder kills the remaining processes.
final class Leftovers: Sendable {
    private struct Record: Codable, Hashable {
        var boot: String
        /// The process that started the group.
        var owner: Int32
        var ownerStart: Int64
        var group: Int32
        /// When the group's leader was started; other processes of the group were started later.
        var start: Int64
    }

    /// Variables in a server's environment that name its folder and the process that started it.
    ///
    /// The owner has the form of ``ProcessTable/Entry/text``. A record is written only when a process is running. If
    /// the emulator is killed before that, its server can only be found by these variables.
    private static let folderVariable = "TURNOUT_INSTANCE_FOLDER"
    private static let ownerVariable = "TURNOUT_INSTANCE_OWNER"

    private let folder: String
    private let path: String
    private let records = Mutex<[Record]>([])
    private let complain: @Sendable (String) -> Void

    /// Creates the record; `complain` is called if its file cannot be read or written, which does not prevent starts.
    init(folder: String, complain: @escaping @Sendable (String) -> Void) {
        self.folder = folder
        path = "\(folder)/processes.json"
        self.complain = complain
    }

    /// The variables for every server's environment.
    var variables: [String: String] {
        guard let owner = ProcessTable.entry(getpid()) else { return [:] }
        return [Self.folderVariable: folder, Self.ownerVariable: owner.text]
    }

    func add(_ group: Int32) {
        guard let boot = ProcessTable.bootID, let leader = ProcessTable.entry(group),
            let owner = ProcessTable.entry(getpid())
        else { return }
        update {
            $0.append(
                Record(
                    boot: boot, owner: owner.process, ownerStart: owner.start, group: group, start: leader.start))
        }
    }

    func remove(_ group: Int32) { update { $0.removeAll { $0.group == group } } }

    /// Kills the processes that earlier emulators left behind, and returns their number.
    func end() -> Int {
        let left = left()
        for entry in left { kill(entry.process, SIGKILL) }
        update { _ in }
        return left.count
    }

    /// The processes that earlier emulators left behind.
    func left() -> [ProcessTable.Entry] {
        let running = ProcessTable.all()
        let lost = read().filter { record in
            record.boot == ProcessTable.bootID
                && !running.contains { $0.process == record.owner && $0.start == record.ownerStart }
        }
        let owners = Set(running.map(\.text))
        return running.filter { entry in
            lost.contains { $0.group == entry.group && entry.start >= $0.start }
                || isOrphan(ProcessTable.environment(of: entry.process), owners)
        }
    }

    private func isOrphan(_ environment: [String: String], _ owners: Set<String>) -> Bool {
        guard environment[Self.folderVariable] == folder, let owner = environment[Self.ownerVariable] else {
            return false
        }
        return !owners.contains(owner)
    }

    private func update(_ change: (inout [Record]) -> Void) {
        records.withLock { records in
            change(&records)
            do {
                try JSONEncoder().encode(records).write(to: URL(filePath: path), options: .atomic)
            } catch {
                complain("\(path) cannot be written: \(error)")
            }
        }
    }

    private func read() -> [Record] {
        guard access(path, F_OK) == 0 else { return [] }
        do {
            return try JSONDecoder().decode([Record].self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            complain("\(path) cannot be read: \(error)")
            return []
        }
    }
}

extension LocalFolder {
    /// The IDs of server processes in this folder that outlived their emulator.
    package func orphanedProcesses() throws -> [Int32] {
        let root = path + "/instances"
        guard FileManager.default.fileExists(atPath: root) else { return [] }
        let folders = try FileManager.default.subpathsOfDirectory(atPath: root)
            .filter { $0.hasSuffix("/processes.json") }.map { "\(root)/\($0.dropLast("/processes.json".count))" }
        return folders.flatMap { Leftovers(folder: $0) { _ in }.left().map(\.process) }.sorted()
    }
}
