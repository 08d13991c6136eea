internal import RolloutEngine
internal import Rollouts
internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

extension Person {
    /// Whoever runs this process, as this machine knows them; asserted, not proved.
    static func current() -> Person { Person(name: userName(), host: hostName()) }

    /// Whoever runs this process, by the name that they give, if any.
    ///
    /// One person is not to count as two by spelling a name in two ways: case and a `@host` behind it don't matter.
    static func current(calling name: String?) throws(CommandFailure) -> Person {
        guard let name else { return current() }
        let trimmed = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)[0]
            .trimmed().lowercased()
        guard !trimmed.isEmpty, trimmed.count <= 64,
            trimmed.unicodeScalars.allSatisfy({
                $0.properties.isAlphabetic || "0123456789-_.+ ".unicodeScalars.contains($0)
            })
        else {
            throw CommandFailure(
                .usage, "--by \(name.printable): a name of letters, digits and - _ . + is expected, 64 at most")
        }
        let own = userName()
        return Person(name: own.lowercased() == trimmed ? own : trimmed, host: hostName())
    }

    private static func userName() -> String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "uid-\(geteuid())" }
        return String(cString: name)
    }
}

/// The groups of this machine.
enum LocalGroup {
    enum Membership: Hashable, Sendable {
        case member, stranger
        /// There is no such group.
        case unknown
    }

    /// The groups that gates of `plan` ask for and the user of this process is in.
    static func memberships(in plan: Plan) -> Set<String> {
        Set(plan.stages.compactMap(\.approval?.group).filter(isMember))
    }

    /// Whether the user of this process is known to be in the group `name`.
    static func isMember(_ name: String) -> Bool { membership(in: name) == .member }

    /// The group that `approval` asks for, if the user of this process is in it (``Request/memberOf``).
    static func membership(for approval: Approval) -> String? { approval.group.flatMap { isMember($0) ? $0 : nil } }

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

extension Substring {
    fileprivate func trimmed() -> Substring {
        let start = self.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }
}
