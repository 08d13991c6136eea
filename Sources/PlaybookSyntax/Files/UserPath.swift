internal import Support

/// A path that a user typed as an input, as the playbook would name it.
struct UserPath: Sendable {
    /// Relative to the playbook's folder where both have a folder in common, else absolute.
    var path: String
    /// Where it was looked for; empty where it was found.
    var lookedAt: [String] = []
    /// What else the text could have meant: a file of that name in the playbook's folder.
    var other: String?

    /// The file or folder that `text` names from `base`, the working folder or that of a file of inputs; if nothing is
    /// there, what it names from the playbook's folder, as the playbook's own defaults do.
    static func onDisk(_ text: String, from base: String, playbook: String) -> UserPath {
        let typed = text.hasPrefix("/") ? text : base.withoutTrailingSlash + "/" + text
        let beside = text.beside(playbook)
        let (here, there) = (DiskFile.resolved(typed), text.hasPrefix("/") ? nil : DiskFile.resolved(beside))
        guard let here else {
            let folder = DiskFile.resolved(playbook.parentFolder) ?? playbook.parentFolder
            let places = text.hasPrefix("/") ? [typed] : [typed, folder.withoutTrailingSlash + "/" + text]
            return UserPath(path: text, lookedAt: there == nil ? places : [])
        }
        if here == there, !text.leavesFolder { return UserPath(path: text) }
        return UserPath(path: named(typed, resolved: here, by: playbook), other: here == there ? nil : there)
    }

    /// Folders are resolved, a link to a file is not: what the file names is relative to where the link is.
    private static func named(_ typed: String, resolved: String, by playbook: String) -> String {
        guard let root = DiskFile.resolved(playbook.parentFolder) else { return resolved }
        let last = typed.split(separator: "/").last.map(String.init) ?? ""
        let folder = [".", "..", ""].contains(last) ? nil : DiskFile.resolved(typed.withoutTrailingSlash.parentFolder)
        return (folder.map { $0.withoutTrailingSlash + "/" + last } ?? resolved).relative(to: root)
    }
}

extension String {
    fileprivate var withoutTrailingSlash: String {
        var text = self[...]
        while text.last == "/" { text.removeLast() }
        return String(text)
    }

    /// An absolute path as seen from an absolute folder; unchanged where they have no folder in common.
    fileprivate func relative(to folder: String) -> String {
        let (own, base) = (split(separator: "/"), folder.split(separator: "/"))
        let common = zip(own, base).prefix { $0 == $1 }.count
        guard common > 0 else { return self }
        let parts = Array(repeating: "..", count: base.count - common) + own.dropFirst(common)
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
}
