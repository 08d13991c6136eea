#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The login name of whoever runs this process, or `uid-N` if the system does not give it.
package func userName() -> String {
    guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "uid-\(geteuid())" }
    return String(cString: name)
}
