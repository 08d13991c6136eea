internal import FoundationEssentials
internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension NamedFiles {
    /// Reports a program of a `run` stage that does not exist or is not executable, with the places that were searched.
    mutating func checkProgram(_ node: Node) {
        guard isOnDisk, let word = node.scalar?.value.scalarText, !word.isEmpty, !word.utf8.contains(0) else { return }
        do throws(FileProblem) {
            if word.contains("/") {
                try checkProgram(at: word)
            } else {
                try Self.checkProgram(inPath: word, beside: playbook.path)
            }
        } catch {
            report("Program", Location(source: playbook, span: node.span), error.message, help: error.help)
        }
    }

    private func checkProgram(at word: String) throws(FileProblem) {
        // A program in a folder of PATH may be named by its absolute path as well as by its name.
        let isInPath = word.hasPrefix("/") && Self.searchPath.contains { DiskFile.isSame($0, word.parentFolder) }
        let path = word.beside(playbook.path)
        try source.checkFolder(of: word, namedBy: playbook.path, isFree: isInPath || isUserPath(word))
        guard let place = DiskFile.resolved(path) else {
            let folder = DiskFile.resolved(playbook.path.parentFolder) ?? playbook.path.parentFolder
            throw FileProblem(
                "there is no program \(word.quoted)",
                help:
                    "looked at \(word.hasPrefix("/") ? word : folder + "/" + word); a program with a slash is relative "
                    + "to the playbook's folder")
        }
        guard !DiskFile.isFolder(place) else { throw FileProblem("\(word.quoted) is a folder, not a program") }
        guard access(place, X_OK) == 0 else {
            throw FileProblem("\(word.quoted) is not executable", help: "make it executable: chmod +x \(place)")
        }
    }

    private static func checkProgram(inPath name: String, beside playbook: String) throws(FileProblem) {
        let places = searchPath.map { $0 + "/" + name }.filter { DiskFile.isFile($0) }
        guard !places.contains(where: { access($0, X_OK) == 0 }) else { return }
        if let place = places.first {
            throw FileProblem("\(name.quoted) is not executable", help: "make it executable: chmod +x \(place)")
        }
        let looked = searchPath.isEmpty ? "PATH is empty" : "looked in \(searchPath.joined(separator: ", ")) (PATH)"
        let isBeside = DiskFile.isFile(name.beside(playbook))
        throw FileProblem(
            "there is no program \(name.quoted)",
            help: looked + (isBeside ? "; write './\(name)' for the one in the playbook's folder" : ""))
    }

    private static var searchPath: [String] {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    }
}

extension DiskFile {
    static func isSame(_ path: String, _ other: String) -> Bool {
        guard let first = resolved(path), let second = resolved(other) else { return false }
        return first == second
    }

    static func isFile(_ path: String) -> Bool { kind(of: path) == S_IFREG }
    static func isFolder(_ path: String) -> Bool { kind(of: path) == S_IFDIR }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
