#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The program that this process runs.
package enum Program {
    package static let version = "0.1.0"

    /// Distinguishes this build from others by the size and time of its file, as they were at the first use.
    package static let build: String = {
        var status = stat()
        guard stat(path, &status) == 0 else { return "unknown" }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        return "\(status.st_size)-\(modified.tv_sec).\(modified.tv_nsec)"
    }()

    /// A path at which the program can be started again, even after its file was replaced or removed.
    package static var path: String {
        #if canImport(Darwin)
            var size = UInt32(PATH_MAX)
            var bytes = [CChar](repeating: 0, count: Int(size))
            guard _NSGetExecutablePath(&bytes, &size) == 0 else { return CommandLine.arguments[0] }
            return String(cString: bytes)
        #else
            let link = "/proc/self/exe"
            var (own, named) = (stat(), stat())
            var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            guard stat(link, &own) == 0, readlink(link, &bytes, bytes.count - 1) > 0,
                stat(bytes, &named) == 0, own.st_ino == named.st_ino, own.st_dev == named.st_dev
            else { return link }
            return bytes.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? link
        #endif
    }
}
