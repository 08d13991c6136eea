#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A TCP port of the loopback address on which nobody listens.
///
/// Between asking and listening another program may take it; the server then ends, and is started again with another.
enum FreePort {
    static func find() throws(InstanceProblem) -> Int {
        #if canImport(Darwin)
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
        guard descriptor >= 0 else { throw problem() }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard result else { throw problem() }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func problem() -> InstanceProblem {
        InstanceProblem(
            code: "ResourceNotReady", message: "no free port is to be had: \(String(cString: strerror(errno)))")
    }
}
