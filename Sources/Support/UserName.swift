#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Returns the login name of the user that runs this process, or `uid-N` if the system does not provide it.
package func userName() -> String {
    guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "uid-\(geteuid())" }
    return String(cString: name)
}
