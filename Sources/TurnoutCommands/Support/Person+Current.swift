internal import RolloutEngine

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

extension Person {
    /// Whoever runs this process, as this machine knows them or by the name that they give; asserted, not proved.
    static func current(calling name: String? = nil) -> Person {
        Person(name: name ?? userName(), host: hostName())
    }

    private static func userName() -> String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "uid-\(geteuid())" }
        return String(cString: name)
    }

    private static func hostName() -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "unknown-host" }
        let length = bytes.firstIndex(of: 0) ?? bytes.count
        return String(decoding: bytes[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The groups of this machine.
enum LocalGroup {
    enum Membership: Hashable, Sendable {
        case member, stranger
        /// There is no such group.
        case unknown
    }

    /// Whether the user of this process is in the group `name`.
    static func membership(in name: String) -> Membership {
        guard let group = getgrnam(name)?.pointee.gr_gid else { return .unknown }
        guard let user = getpwuid(geteuid()) else { return getegid() == group ? .member : .stranger }
        let (login, primary) = (String(cString: user.pointee.pw_name), user.pointee.pw_gid)
        var capacity: Int32 = 64
        while true {
            var groups = [gid_t](repeating: 0, count: Int(capacity))
            var count = capacity
            if getgrouplist(login, primary, &groups, &count) >= 0 {
                return groups.prefix(Int(count)).contains(group) ? .member : .stranger
            }
            guard count > capacity else { return .stranger }
            capacity = count
        }
    }
}
