package import Rollouts
internal import Support

/// A mapping of the settings with the path at which it stands.
package struct SettingsReader {
    package let path: String
    package let members: [String: Value]
    /// What ``path`` begins from, as problems name it.
    private let root: String

    /// `keys` are those that it may have; nil: any.
    package init(
        _ value: Value, path: String = "", keys: [String]?, root: String = SettingsProblem.simulated
    ) throws(SettingsProblem) {
        self.path = path
        self.root = root
        switch value {
        case .null: members = [:]
        case .mapping(let members): self.members = members
        default: throw SettingsProblem(path: path, message: "is \(value.form): a mapping is expected", root: root)
        }
        guard let keys else { return }
        for key in members.keys.sorted() where !keys.contains(key) {
            let hint = nearest(key, among: keys).map { "did you mean \($0)?" }
            throw SettingsProblem(
                path: place(of: key),
                message: "is not known: \(hint ?? "possible are \(keys.joined(separator: ", "))")",
                root: root)
        }
    }

    private func place(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// What stands at `key`; a `null` is as good as nothing.
    private func value(_ key: String) -> Value? {
        guard let value = members[key], value != .null else { return nil }
        return value
    }

    /// That `message` holds of what stands at `key`.
    package func problem(_ key: String, _ message: String) -> SettingsProblem {
        SettingsProblem(path: place(of: key), message: message, root: root)
    }

    /// That something else than what stands at `key` is expected.
    package func problem(_ key: String, _ value: Value, _ expected: String) -> SettingsProblem {
        SettingsProblem(path: place(of: key), message: "is \(value.form): \(expected)", root: root)
    }

    package func mapping(_ key: String, keys: [String]?) throws(SettingsProblem) -> SettingsReader? {
        guard let value = members[key] else { return nil }
        return try SettingsReader(value, path: place(of: key), keys: keys, root: root)
    }

    /// That `message` holds of the whole mapping.
    package func problem(_ message: String) -> SettingsProblem {
        SettingsProblem(path: path, message: message, root: root)
    }

    /// The mappings of the list at `key`, which are named by their places: `incidents.0`.
    func mappings(_ key: String, keys: [String]) throws(SettingsProblem) -> [SettingsReader] {
        guard let value = value(key) else { return [] }
        guard case .list(let items) = value else { throw problem(key, value, "a list of mappings is expected") }
        var readers: [SettingsReader] = []
        for (index, item) in items.enumerated() {
            readers.append(try SettingsReader(item, path: "\(place(of: key)).\(index)", keys: keys, root: root))
        }
        return readers
    }

    package func word<Word: RawRepresentable<String> & CaseIterable>(
        _ key: String, among: Word.Type
    ) throws(SettingsProblem) -> Word? {
        guard let value = value(key) else { return nil }
        let known = Word.allCases.map(\.rawValue)
        if let text = value.string, let word = Word(rawValue: text) { return word }
        let hint = value.string.flatMap { nearest($0, among: known) }.map { "did you mean \($0)?" }
        throw problem(key, value, hint ?? "possible are \(known.joined(separator: ", "))")
    }

    /// Whether `key` is true; false where nothing stands there.
    package func flag(_ key: String) throws(SettingsProblem) -> Bool {
        guard let value = value(key) else { return false }
        guard let flag = value.bool else { throw problem(key, value, "true or false is expected") }
        return flag
    }

    func seed(_ key: String) throws(SettingsProblem) -> UInt64? {
        guard let value = value(key) else { return nil }
        guard let number = value.integer, number >= 0 else {
            throw problem(key, value, "a whole number of at least 0 is expected")
        }
        return UInt64(number)
    }

    /// A length of time: `10m`, or a number of seconds.
    func interval(_ key: String) throws(SettingsProblem) -> Interval? {
        guard let value = value(key) else { return nil }
        do throws(ValueProblem) {
            return try Interval(durationText: value.string ?? value.double.map { "\(Interval(seconds: $0))" } ?? "")
        } catch {
            throw problem(key, "is \(value.form), which \(error.sentence)")
        }
    }

    /// A length of time that must be there, and not 0.
    func required(_ key: String) throws(SettingsProblem) -> Interval {
        guard let interval = try interval(key) else {
            throw problem("has no \(key): a length of time such as 30s or 10m is expected")
        }
        guard interval > .zero else { throw problem(key, "is 0s: it must be at least 1ms") }
        return interval
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws(SettingsProblem) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw problem(
                key, value, "a number from \(Int(range.lowerBound)) to \(Int(range.upperBound)) is expected")
        }
        return number
    }

    func count(_ key: String, in range: ClosedRange<Int>) throws(SettingsProblem) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.integer, range.contains(number) else {
            throw problem(
                key, value, "a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    /// Requests a second that must be there: `20/s`, `90/m`, or a number.
    func rate(_ key: String) throws(SettingsProblem) -> Double {
        guard let value = value(key) else { throw problem("has no \(key): a rate such as 20/s is expected") }
        let rate: Double? =
            switch value.string {
            case let text? where text.hasSuffix("/s"): Double(text.dropLast(2))
            case let text? where text.hasSuffix("/m"): Double(text.dropLast(2)).map { $0 / 60 }
            case .some: nil
            case nil: value.double
            }
        guard let rate, rate >= 0, rate <= 1_000_000 else {
            throw problem(key, value, "a rate such as 20/s or 90/m is expected")
        }
        return rate
    }

    /// A share of 0 to 1: `0.5%`, or a number.
    func share(_ key: String) throws(SettingsProblem) -> Double? {
        guard let value = value(key) else { return nil }
        let share: Double? =
            if let text = value.string {
                text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
            } else {
                value.double
            }
        guard let share, (0...1).contains(share) else {
            throw problem(key, value, "a share such as 0.5% or 0.005, from 0 to 1, is expected")
        }
        return share
    }
}

extension Value {
    /// The value in a sentence.
    fileprivate var form: String {
        switch self {
        case .null: "empty"
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .string(let text): "'\(text)'"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
