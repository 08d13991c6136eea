package import RolloutEngine
internal import Rollouts
internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Who asks for an operation, and which groups they are known to be in.
package struct Caller: Sendable {
    package enum Membership: Hashable, Sendable {
        case member, stranger
        /// There is no such group.
        case unknown
    }

    package var person: Person
    package var membership: @Sendable (_ group: String) -> Membership

    package init(person: Person, membership: @escaping @Sendable (_ group: String) -> Membership) {
        self.person = person
        self.membership = membership
    }

    /// Whoever runs this process, as this machine knows them; asserted, not proved.
    package static let ofThisProcess = Caller(
        person: Person(name: userName(), host: hostName()), membership: Self.membership(in:))

    /// The same caller by the name that they give.
    ///
    /// One person is not to count as two by spelling a name in two ways: case and a `@host` behind it don't matter.
    package func calling(_ name: String) throws(ServiceError) -> Caller {
        let trimmed = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)[0]
            .trimmed().lowercased()
        guard !trimmed.isEmpty, trimmed.count <= 64,
            trimmed.unicodeScalars.allSatisfy({
                $0.properties.isAlphabetic || "0123456789-_.+ ".unicodeScalars.contains($0)
            })
        else {
            throw ServiceError(
                .notPossible,
                "'\(name.printable)' is no person: a name of letters, digits and - _ . + is expected, 64 at most")
        }
        var caller = self
        caller.person.name = person.name.lowercased() == trimmed ? person.name : trimmed
        return caller
    }

    func isMember(of group: String) -> Bool { membership(group) == .member }

    /// The group that `approval` asks for, if the caller is in it (``Request/memberOf``).
    func membership(for approval: Approval) -> String? { approval.group.flatMap { isMember(of: $0) ? $0 : nil } }

    /// Why the caller does not count where `group` is asked for.
    package func objection(to group: String) -> String {
        membership(group) == .unknown
            ? "it wants a member of the group \(group), and this machine has no such group"
            : "it wants a member of the group \(group), and \(person.name) is not in it"
    }

    private static func membership(in name: String) -> Membership {
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
