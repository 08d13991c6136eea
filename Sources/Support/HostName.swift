#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Returns this machine's name, or `localhost` if the system does not provide it.
package func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
