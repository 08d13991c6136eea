#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import NIOCore

/// Chooses the port to listen on: the requested one, or the previous one so that clients find the emulator again.
struct PreferredPort {
    private let store: LocalStore
    private let name: String
    private let host: String
    private let asked: Int

    /// Creates the choice for the plane `name`, which is `control` or `data`.
    init(_ store: LocalStore, _ name: String, host: String, asked: Int) {
        self.store = store
        self.name = name
        self.host = host
        self.asked = asked
    }

    /// Returns a free port, or 0 to let the system choose one.
    func choose() throws -> Int {
        guard (0...65535).contains(asked) else {
            throw EmulatorError(.address, "\(asked) is not a port: expected 0 to 65535")
        }
        guard asked == 0 else {
            guard try isFree(asked) else {
                throw EmulatorError(
                    .address,
                    "the \(name) plane cannot listen on \(ListenAddress.authority(host, asked)): another program is "
                        + "using it, or this machine does not have the address; use port 0 for any free port")
            }
            return asked
        }
        guard let last = try store.setting("\(name).port").flatMap(Int.init), try isFree(last) else { return 0 }
        return last
    }

    private func isFree(_ port: Int) throws -> Bool {
        let address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        return try address.withSockAddr { pointer, size in
            #if canImport(Darwin)
                let descriptor = socket(Int32(pointer.pointee.sa_family), SOCK_STREAM, 0)
            #else
                let descriptor = socket(Int32(pointer.pointee.sa_family), Int32(SOCK_STREAM.rawValue), 0)
            #endif
            guard descriptor >= 0 else {
                throw EmulatorError.system(host, doing: "creating a socket", errno: errno, .address)
            }
            defer { close(descriptor) }
            // Set by the servers too: lingering closed connections do not occupy the port.
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, pointer, socklen_t(size)) == 0
        }
    }
}
