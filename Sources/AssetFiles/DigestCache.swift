internal import Support
internal import FoundationEssentials
internal import Rollouts
internal import Synchronization

/// A cache of the hashes of large assets, so that a plan does not read gigabytes that have not changed.
///
/// An entry counts only while every file has the same size, times of change (in nanoseconds) and inode number. A file's
/// change time (ctime) cannot be set by hand.
package final class DigestCache: Sendable {
    /// The path of the cache file; `nil` if nothing is stored on disk.
    private let path: String?
    private let known = Mutex<[String: Entry]?>(nil)

    /// The size in bytes below which assets are read each time.
    private static let smallest = 16 << 20
    private static let most = 256

    private struct Entry: Codable {
        var fingerprint: String
        var hashes: AssetHashes
    }

    package init(path: String?) { self.path = path }

    /// Returns the hashes of `tree`, from the cache if it has not changed.
    package func hashes(of tree: AssetTree) throws(AssetProblem) -> AssetHashes {
        guard tree.size >= Self.smallest else { return try tree.hashes() }
        let fingerprint = tree.fingerprint
        if let entry = entries()[tree.root], entry.fingerprint == fingerprint { return entry.hashes }
        let hashes = try tree.hashes()
        // Assets that changed while they were read, or that can still change unnoticed, are read again next time.
        if tree.rested(at: Int(Date().timeIntervalSince1970)), try AssetTree(tree.root).fingerprint == fingerprint {
            keep(Entry(fingerprint: fingerprint, hashes: hashes), for: tree.root)
        }
        return hashes
    }

    private func entries() -> [String: Entry] {
        known.withLock { known in
            if let known { return known }
            // A cache that cannot be read is ignored: everything is read again.
            let read =
                path.flatMap { try? Data(contentsOf: URL(filePath: $0)) }
                .flatMap { try? JSONDecoder().decode([String: Entry].self, from: $0) } ?? [:]
            known = read
            return read
        }
    }

    private func keep(_ entry: Entry, for root: String) {
        var all = entries()
        if all.count >= Self.most, all[root] == nil { all = [:] }
        all[root] = entry
        known.withLock { $0 = all }
        guard let path, FileManager.default.fileExists(atPath: path.parentFolder) else { return }
        // If this fails, the next plan only takes longer.
        try? JSONEncoder().encode(all).write(to: URL(filePath: path), options: .atomic)
    }
}
