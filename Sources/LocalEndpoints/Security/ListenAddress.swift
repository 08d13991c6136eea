internal import NIOCore

/// Where a server of the emulator may listen.
enum ListenAddress {
    /// True for names and addresses that other machines cannot reach.
    static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }  // a name: not loopback
        switch address {
        case .v4(let v4): return UInt32(bigEndian: v4.address.sin_addr.s_addr) >> 24 == 127
        case .v6(let v6): return withUnsafeBytes(of: v6.address.sin6_addr) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
        case .unixDomainSocket: return true
        }
    }

    /// Refuses a data plane that other machines could reach: it speaks plain HTTP, and keys would be read on the way.
    static func requireLoopback(data host: String) throws(EmulatorError) {
        guard !isLoopback(host) else { return }
        throw EmulatorError(
            .address,
            "the data plane speaks plain HTTP, so it listens on this machine only, not on \(host): use 127.0.0.1 and put "
                + "a server with TLS before it")
    }

    /// `host:port` as it stands in a URL.
    static func authority(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
