internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Reads single files, with a limit on their size, and without blocking on pipes and devices.
enum DiskFile {
    /// Returns the bytes of the file at `path`; errors call it `name`.
    static func read(_ path: String, named name: String) throws(FileProblem) -> Data {
        guard !path.utf8.contains(0) else {
            throw FileProblem("\(name.quoted) is not a path: it contains a NUL character")
        }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem(errno, name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw problem(errno, name) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileProblem("\(name.quoted) is a folder, not a file")
        default: throw FileProblem("\(name.quoted) is not a regular file")
        }
        guard status.st_size <= FileSource.limit else { throw FileProblem.tooLarge(name) }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, &buffer, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, &buffer, buffer.count)
            #else
                let count = Darwin.read(descriptor, &buffer, buffer.count)
            #endif
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw problem(errno, name) }
            guard count > 0 else { return data }
            data.append(contentsOf: buffer[..<count])
            guard data.count <= FileSource.limit else { throw FileProblem.tooLarge(name) }
        }
    }

    /// Returns the path without symbolic links, or `nil` if it does not exist.
    static func resolved(_ path: String) -> String? {
        guard !path.utf8.contains(0), let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func missing(_ name: String) -> FileProblem {
        FileProblem(
            "there is no file \(name.quoted)",
            help: name.hasPrefix("~") ? .tildeIsNotExpanded : "paths are relative to the playbook's folder")
    }

    private static func problem(_ code: Int32, _ name: String) -> FileProblem {
        switch code {
        case ENOENT, ENOTDIR: missing(name)
        case EACCES, EPERM:
            FileProblem(
                "\(name.quoted) cannot be read: permission denied",
                help: "make it readable by your user (chmod u+r FILE)")
        case ELOOP: FileProblem("\(name.quoted) is a loop of symbolic links")
        default: FileProblem("\(name.quoted) cannot be read: \(String(cString: strerror(code)))")
        }
    }
}
