#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The number of files that this process may have open.
enum OpenFiles {
    /// Raises it as far as the process may: every connection is one.
    ///
    /// Where it can't, fewer connections fit.
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
