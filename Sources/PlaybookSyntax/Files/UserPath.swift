internal import Support

/// A path that a user typed as an input, in the form in which the playbook would name it.
struct UserPath: Sendable {
    /// The path relative to the playbook's folder if they have a folder in common, otherwise the absolute path.
    var path: String
    /// The places that were searched; empty if the file was found.
    var lookedAt: [String] = []
    /// A file of the same name in the playbook's folder, which the text could also mean.
    var other: String?

    /// Resolves `text` from `base`, or from the playbook's folder if it does not exist there.
    ///
    /// `base` is the working folder or the folder of a file of inputs. Paths in the playbook's own defaults are
    /// relative to the playbook's folder.
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

    /// Returns the path with its folders resolved.
    ///
    /// A link to a file is kept, since paths in the file are relative to the folder of the link.
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

    /// Returns the absolute path relative to an absolute folder; it is unchanged if they have no folder in common.
    fileprivate func relative(to folder: String) -> String {
        let (own, base) = (split(separator: "/"), folder.split(separator: "/"))
        let common = zip(own, base).prefix { $0 == $1 }.count
        guard common > 0 else { return self }
        let parts = Array(repeating: "..", count: base.count - common) + own.dropFirst(common)
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
}
