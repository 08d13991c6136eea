package import RolloutEngine
internal import Rollouts
internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The person who requests an operation, and their group memberships.
package struct Caller: Sendable {
    package enum Membership: Hashable, Sendable {
        case member, stranger
        /// The group does not exist on this machine.
        case unknown
    }

    package var person: Person
    package var membership: @Sendable (_ group: String) -> Membership

    package init(person: Person, membership: @escaping @Sendable (_ group: String) -> Membership) {
        self.person = person
        self.membership = membership
    }

    /// The operating-system user of this process.
    ///
    /// The identity is asserted, not authenticated.
    package static let ofThisProcess = Caller(
        person: Person(name: userName(), host: hostName()), membership: Self.membership(in:))

    /// Returns the same caller under the name `name`.
    ///
    /// The name is normalized so that one person cannot count as two by spelling it differently: it is lowercased, and
    /// a trailing `@host` is removed.
    ///
    /// - Throws: ``ServiceError/Code/notPossible`` if the name is empty, longer than 64 characters, or contains other
    ///   characters than letters, digits, spaces and `- _ . +`.
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
                "'\(name.printable)' is not a valid name: use 1 to 64 letters, digits, spaces and - _ . +")
        }
        var caller = self
        caller.person.name = person.name.lowercased() == trimmed ? person.name : trimmed
        return caller
    }

    func isMember(of group: String) -> Bool { membership(group) == .member }

    /// The group that `approval` requires, if the caller is a member of it (``Request/memberOf``).
    func membership(for approval: Approval) -> String? { approval.group.flatMap { isMember(of: $0) ? $0 : nil } }

    /// Explains why the caller may not approve a stage that requires a member of `group`.
    package func objection(to group: String) -> String {
        membership(group) == .unknown
            ? "it requires a member of the group \(group), but this machine has no such group"
            : "it requires a member of the group \(group), and \(person.name) is not in it"
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
