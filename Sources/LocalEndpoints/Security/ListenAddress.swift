#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Rules for the addresses that the emulator's servers listen on.
enum ListenAddress {
    /// Whether `host` is a name or address that other machines cannot reach.
    static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        guard let bytes = bytes(of: host) else { return false }  // another name, or all addresses
        return bytes.count == 4 ? bytes.first == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    /// The 4 or 16 bytes of an IP address in network byte order; `nil` for a name.
    static func bytes(of host: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, host, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// Rejects a data plane that other machines could reach: it serves plain HTTP, so keys could be read in transit.
    static func requireLoopback(data host: String) throws(EmulatorError) {
        guard !isLoopback(host) else { return }
        throw EmulatorError(
            .address,
            "the data plane serves plain HTTP, so it listens only on this machine, not on \(host): use 127.0.0.1 and "
                + "put a TLS reverse proxy in front of it")
    }

    /// `host:port` as written in a URL.
    static func authority(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
