#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The limit on the number of open files of this process.
enum OpenFiles {
    /// Raises the limit as far as permitted, because every connection needs a file descriptor.
    ///
    /// If it cannot be raised, fewer connections are possible.
    static func raiseLimit() {
        var limit = rlimit()
        #if os(Linux)
            let files = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
        #else
            let files = RLIMIT_NOFILE
        #endif
        guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(files, &limit)
    }
}
