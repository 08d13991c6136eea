#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Finds a free TCP port on the loopback address.
///
/// Another program may take the port before the server listens. The server then exits, and is restarted with a new
/// port.
enum FreePort {
    static func find() throws(InstanceProblem) -> Int {
        #if canImport(Darwin)
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
        guard descriptor >= 0 else { throw problem() }
        defer { close(descriptor) }
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo("127.0.0.1", "0", nil, &found) == 0, let found else { throw problem() }
        defer { freeaddrinfo(found) }
        var length = found.pointee.ai_addrlen
        guard bind(descriptor, found.pointee.ai_addr, length) == 0,
            getsockname(descriptor, found.pointee.ai_addr, &length) == 0
        else { throw problem() }
        var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        guard
            getnameinfo(
                found.pointee.ai_addr, length, nil, 0, &service, socklen_t(service.count), NI_NUMERICSERV) == 0,
            let port = Int(String(decoding: service.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        else { throw problem() }
        return port
    }

    private static func problem() -> InstanceProblem {
        InstanceProblem(
            code: "ResourceNotReady", message: "cannot find a free port: \(String(cString: strerror(errno)))")
    }
}
